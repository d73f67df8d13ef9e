"""LitServe API with batching. LitServe reads only JSON."""

import sys
from typing import Any

import litserve
import numpy as np

from benchmarks.peers.own import Answer, chosen


class BatchingAPI(litserve.LitAPI):
    def setup(self, device: str) -> None:
        self.predictor = chosen()

    def decode_request(self, request: dict[str, Any]) -> np.ndarray:
        return self.predictor.array(request)

    def batch(self, inputs: list[np.ndarray]) -> np.ndarray:
        return np.stack(inputs)

    def predict(self, x: np.ndarray) -> list[Answer]:
        return self.predictor.answers(x)

    def unbatch(self, output: list[Answer]) -> list[Answer]:
        return output

    def encode_response(self, output: Answer) -> Answer:
        return output


def main(port: int, workers: int) -> None:
    api = BatchingAPI(max_batch_size=64, batch_timeout=0.001, api_path="/json")
    server = litserve.LitServer(
        api, accelerator="cpu", workers_per_device=workers, fast_queue=True, disable_openapi_url=True
    )
    server.run(
        host="127.0.0.1",
        port=port,
        num_api_servers=2,
        log_level="warning",
        generate_client_file=False,
        access_log=False,
    )


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
