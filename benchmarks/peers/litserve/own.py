"""A LitServe API for an own model; LitServe reads JSON only, so an image comes as base64."""

import base64
import sys
from typing import Any

import litserve
import numpy as np

from benchmarks.peers.own import Answer, Predictor, pixels, row


class OwnAPI(litserve.LitAPI):
    def setup(self, device: str) -> None:
        self.predictor = Predictor()

    def decode_request(self, request: dict[str, Any]) -> np.ndarray:
        return row(request["x"]) if "x" in request else pixels(base64.b64decode(request["image"]))

    def batch(self, inputs: list[np.ndarray]) -> np.ndarray:
        return np.stack(inputs)

    def predict(self, x: np.ndarray) -> list[Answer]:
        return self.predictor.answers(x)

    def unbatch(self, output: list[Answer]) -> list[Answer]:
        return output

    def encode_response(self, output: Answer) -> Answer:
        return output


def main(port: int) -> None:
    api = OwnAPI(max_batch_size=64, batch_timeout=0.001, api_path="/predict")
    server = litserve.LitServer(api, accelerator="cpu", workers_per_device=2, fast_queue=True, disable_openapi_url=True)
    server.run(
        host="127.0.0.1",
        port=port,
        num_api_servers=2,
        log_level="warning",
        generate_client_file=False,
        access_log=False,
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
