"""The LitServe API of every model: it batches. LitServe reads JSON only."""

from typing import Any

import litserve
import numpy as np

Answer = dict[str, Any]


class BatchingAPI(litserve.LitAPI):
    """A model whose ``setup`` makes a predictor, and whose ``decode_request`` makes an array."""

    predictor: Any

    def batch(self, inputs: list[np.ndarray]) -> np.ndarray:
        return np.stack(inputs)

    def predict(self, x: np.ndarray) -> list[Answer]:
        return self.predictor.answers(x)

    def unbatch(self, output: list[Answer]) -> list[Answer]:
        return output

    def encode_response(self, output: Answer) -> Answer:
        return output


def serve(api: type[BatchingAPI], path: str, port: int, workers: int) -> None:
    """Answer POST requests at a path until a signal."""
    made = api(max_batch_size=64, batch_timeout=0.001, api_path=path)
    server = litserve.LitServer(
        made, accelerator="cpu", workers_per_device=workers, fast_queue=True, disable_openapi_url=True
    )
    server.run(
        host="127.0.0.1",
        port=port,
        num_api_servers=2,
        log_level="warning",
        generate_client_file=False,
        access_log=False,
    )
