"""Calls by clients of KServe: python kserve_clients.py HOST:PORT CERTIFICATE KEY FILE. Prints the results as JSON."""

import asyncio
import json
import ssl
import sys
from pathlib import Path

import grpc
import numpy as np
from kserve import InferenceGRPCClient, InferenceRESTClient, InferInput, InferRequest, RESTConfig


def request(pixels: np.ndarray, raw: bool) -> InferRequest:
    tensor = InferInput("pixels", list(pixels.shape), "UINT8")
    tensor.set_data_from_numpy(pixels, binary_data=raw)
    return InferRequest("digits", [tensor], request_id="a")


async def by_grpc(address: str, certificate: str, key: str, pixels: np.ndarray) -> dict[str, object]:
    headers = [("authorization", f"Bearer {key}")]
    async with InferenceGRPCClient(address, use_ssl=True, root_certificates=certificate) as client:
        raw, typed = [await client.infer(request(pixels, raw), headers=headers) for raw in (True, False)]
        results = {
            "live": await client.is_server_live(),
            "ready": await client.is_server_ready(),
            "model ready": await client.is_model_ready("digits"),
            "digit": raw.outputs[0].as_numpy().tolist(),
            "typed": typed.outputs[0].as_numpy().tolist(),
        }
        try:
            await client.infer(request(pixels, True))
        except grpc.RpcError as error:
            results["without key"] = error.code().name
    return results


async def by_rest(address: str, certificate: str, key: str, pixels: np.ndarray) -> dict[str, object]:
    results: dict[str, object] = {}
    url, headers = f"https://{address}", {"Authorization": f"Bearer {key}"}
    trust = ssl.create_default_context(cafile=certificate)
    two = InferenceRESTClient(RESTConfig(protocol="v2", verify=trust))
    results["live"] = await two.is_server_live(url)
    results["ready"] = await two.is_server_ready(url)
    results["model ready"] = await two.is_model_ready(url, "digits")
    for name, raw in (("binary", True), ("JSON", False)):
        answer = await two.infer(url, request(pixels, raw), model_name="digits", headers=dict(headers))
        results[name] = answer.outputs[0].as_numpy().tolist()
    one = InferenceRESTClient(RESTConfig(protocol="v1", verify=trust))
    results["v1 live"] = await one.is_server_live(url)
    results["v1 ready"] = await one.is_model_ready(url, "digits")
    answer = await one.infer(url, {"instances": pixels.tolist()}, model_name="digits", headers=headers)
    results["v1"] = [prediction["digit"] for prediction in answer["predictions"]]
    answer = await one.explain(url, "digits", {"instances": pixels[:1].tolist()}, headers=headers)
    results["explained"] = [answer["target"], len(answer["attributions"]), len(answer["attributions"][0])]
    return results


async def main(address: str, certificate: str, key: str, path: str) -> None:
    pixels = np.frombuffer(Path(path).read_bytes(), np.uint8).reshape(-1, 784)
    results = {
        "gRPC": await by_grpc(address, certificate, key, pixels),
        "REST": await by_rest(address, certificate, key, pixels),
    }
    print(json.dumps(results))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
