"""NVIDIA's HTTP client at the gateway: python triton_http.py HOST:PORT CERTIFICATE KEY FILE. Prints answers as JSON."""

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
    found = {
        "live": client.is_server_live(),
        "ready": client.is_server_ready(),
        "model ready": client.is_model_ready("digits"),
        "version ready": client.is_model_ready("digits", "1.0"),
        "server": client.get_server_metadata(),
        "model": client.get_model_metadata("digits"),
        "digit": client.infer("digits", [tensor], headers=headers).as_numpy("digit").tolist(),
    }
    try:
        client.infer("digits", [tensor])
    except triton.InferenceServerException as error:
        found["without key"] = error.status()
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
