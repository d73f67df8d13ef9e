"""Calls by NVIDIA's HTTP client at the gateway: python triton_http.py HOST:PORT CERTIFICATE KEY FILE. Prints JSON."""

import json
import sys
from pathlib import Path

import numpy as np
import tritonclient.http as triton


def main(address: str, certificate: str, key: str, path: str) -> None:
    pixels = np.frombuffer(Path(path).read_bytes(), np.uint8).reshape(-1, 784)
    client = triton.InferenceServerClient(address, ssl=True, ssl_options={"ca_certs": certificate})
    tensor = triton.InferInput("pixels", list(pixels.shape), "UINT8")
    tensor.set_data_from_numpy(pixels)
    headers = {"Authorization": f"Bearer {key}"}
    results = {
        "live": client.is_server_live(),
        "ready": client.is_server_ready(),
        "model ready": client.is_model_ready("digits"),
        "version ready": client.is_model_ready("digits", "1.0"),
        "server": client.get_server_metadata(),
        "model": client.get_model_metadata("digits"),
        "digit": client.infer("digits", [tensor], headers=headers).as_numpy("digit").tolist(),
    }
    results |= {algorithm: packed(client, pixels, headers, algorithm) for algorithm in ("gzip", "deflate")}
    try:
        client.infer("digits", [tensor])
    except triton.InferenceServerException as error:
        results["without key"] = error.status()
    print(json.dumps(results))


def packed(
    client: triton.InferenceServerClient, pixels: np.ndarray, headers: dict[str, str], algorithm: str
) -> dict[str, object]:
    """Compress a request and its response. Both are long, and all images of the request differ."""
    many = np.tile(pixels.reshape(-1, 28, 28), (50, 1, 1))
    many[:, 4:24, 4:24] ^= np.random.default_rng(0).integers(0, 8, (len(many), 20, 20), np.uint8)
    tensor = triton.InferInput("pixels", [len(many), 784], "UINT8")
    tensor.set_data_from_numpy(many.reshape(-1, 784))
    outputs = [triton.InferRequestedOutput(name, binary_data=False) for name in ("digit", "probabilities")]
    answers, post = [], client._post

    def noting(**request: object) -> object:
        answers.append(post(**request))
        return answers[-1]

    client._post = noting
    result = client.infer(
        "digits",
        [tensor],
        outputs=outputs,
        headers=dict(headers),
        request_compression_algorithm=algorithm,
        response_compression_algorithm=algorithm,
    )
    client._post = post
    encodings = [answer.get("Content-Encoding") for answer in answers]
    return {"digit": result.as_numpy("digit").tolist(), "answer": encodings}


if __name__ == "__main__":
    main(*sys.argv[1:])
