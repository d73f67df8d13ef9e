"""Metadata by NVIDIA's client, unmodified: python triton_metadata.py HOST:PORT CERTIFICATE NAME. Prints the results."""

import json
import sys

import tritonclient.http as triton


def main(address: str, certificate: str, name: str) -> None:
    client = triton.InferenceServerClient(address, ssl=True, ssl_options={"ca_certs": certificate})
    results = {
        "live": client.is_server_live(),
        "ready": client.is_server_ready(),
        "model ready": client.is_model_ready(name),
        "version ready": client.is_model_ready(name, client.get_model_metadata(name)["versions"][0]),
        "unknown ready": client.is_model_ready("unknown"),
        "server": client.get_server_metadata(),
        "model": client.get_model_metadata(name),
    }
    try:
        client.get_model_metadata("unknown")
    except triton.InferenceServerException as error:
        results["error"] = error.status()
    print(json.dumps(results))


if __name__ == "__main__":
    main(*sys.argv[1:])
