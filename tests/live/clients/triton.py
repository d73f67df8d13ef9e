"""Calls by NVIDIA's client, unmodified: python triton.py HOST:PORT KEY FILE. Prints the results as JSON."""

import json
import sys
from pathlib import Path

import numpy as np
import tritonclient.http as triton


def main(address: str, key: str, path: str) -> None:
    pixels = np.frombuffer(Path(path).read_bytes(), np.uint8).reshape(-1, 784)
    client = triton.InferenceServerClient(address)
    headers = {"Authorization": f"Bearer {key}"}
    results = {}
    for dialect, binary in (("JSON", False), ("binary", True)):
        tensor = triton.InferInput("pixels", list(pixels.shape), "UINT8")
        tensor.set_data_from_numpy(pixels, binary_data=binary)
        outputs = [triton.InferRequestedOutput(name, binary_data=binary) for name in ("digit", "probabilities")]
        result = client.infer("digits", [tensor], request_id=dialect, outputs=outputs, headers=headers)
        results[dialect] = understood(result)
    results["default outputs"] = understood(client.infer("digits", [tensor], headers=headers))
    tensor = triton.InferInput("pixels", [1, 783], "UINT8")
    tensor.set_data_from_numpy(pixels[:1, :783], binary_data=True)
    try:
        client.infer("digits", [tensor], headers=headers)
    except triton.InferenceServerException as error:
        results["error"] = {"status": error.status(), "message": error.message()}
    print(json.dumps(results))


def understood(result: triton.InferResult) -> dict[str, object]:
    digit, probabilities = result.as_numpy("digit"), result.as_numpy("probabilities")
    return {
        "id": result.get_response().get("id"),
        "digit": digit.tolist(),
        "dtypes": [str(digit.dtype), str(probabilities.dtype)],
        "shape": list(probabilities.shape),
        "probabilities": probabilities[0].tolist(),
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
