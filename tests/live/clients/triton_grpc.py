"""Calls by NVIDIA's gRPC client: python triton_grpc.py HOST:PORT CERTIFICATE KEY FILE. Prints the results as JSON."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tritonclient.grpc as triton


def main(address: str, certificate: str, key: str, path: str) -> None:
    pixels = np.frombuffer(Path(path).read_bytes(), np.uint8).reshape(-1, 784)
    client = triton.InferenceServerClient(address, ssl=True, root_certificates=certificate)
    tensor = triton.InferInput("pixels", list(pixels.shape), "UINT8")
    tensor.set_data_from_numpy(pixels)
    outputs = [triton.InferRequestedOutput("probabilities")]
    headers = {"authorization": f"Bearer {key}"}
    result = client.infer("digits", [tensor], request_id="a", headers=headers)
    gzip = client.infer("digits", [tensor], "1.0", headers=headers, compression_algorithm="gzip", outputs=outputs)
    model = client.get_model_metadata("digits")
    results = {
        "live": client.is_server_live(),
        "ready": client.is_server_ready(),
        "model ready": client.is_model_ready("digits"),
        "server": client.get_server_metadata().name,
        "model": [(tensor.name, list(tensor.shape)) for tensor in (*model.inputs, *model.outputs)],
        "id": result.get_response().id,
        "digit": result.as_numpy("digit").tolist(),
        "probabilities": result.as_numpy("probabilities")[0].tolist(),
        "gzip": gzip.as_numpy("probabilities")[0].tolist(),
        "outputs": [output.name for output in gzip.get_response().outputs],
        "errors": errors(client, tensor, headers),
    }
    print(json.dumps(results))


def errors(client: triton.InferenceServerClient, tensor: triton.InferInput, headers: dict[str, str]) -> dict[str, str]:
    wrong = triton.InferInput("pixels", [1, 783], "UINT8")
    wrong.set_data_from_numpy(np.zeros((1, 783), np.uint8))
    large = triton.InferInput("pixels", [14000, 784], "UINT8")
    large.set_data_from_numpy(np.zeros((14000, 784), np.uint8))
    calls: dict[str, Callable[[], object]] = {
        "shape": lambda: client.infer("digits", [wrong], headers=headers),
        "key": lambda: client.infer("digits", [tensor]),
        "model": lambda: client.infer("nothing", [tensor], headers=headers),
        "size": lambda: client.infer("digits", [large], headers=headers),
        "deadline": lambda: client.infer("digits", [tensor], headers=headers, client_timeout=1e-6),
        "call": lambda: client.get_model_config("digits"),
    }
    messages = {}
    for name, call in calls.items():
        try:
            call()
        except triton.InferenceServerException as error:
            messages[name] = f"{error.status()} {error.message()}"
    return messages


if __name__ == "__main__":
    main(*sys.argv[1:])
