"""Ray Serve deployment with batching."""

import signal
import sys

import numpy as np
import orjson
import ray
from ray import serve
from starlette.requests import Request
from starlette.responses import Response

from benchmarks.peers.predictor import Answer, BundlePredictor

_OBJECT_STORE = 100 * 2**20  # bytes; requests of the benchmark do not use it


class RayDigits:
    def __init__(self) -> None:
        self.predictor = BundlePredictor()

    async def __call__(self, request: Request) -> Response:
        body = await request.body()
        pixels = np.frombuffer(body, np.uint8) if request.url.path == "/raw" else np.array(orjson.loads(body)["x"])
        answer = await self.predict(pixels.astype(np.uint8, copy=False))
        return Response(orjson.dumps(answer), media_type="application/json")

    @serve.batch(max_batch_size=64, batch_wait_timeout_s=0.001)
    async def predict(self, images: list[np.ndarray]) -> list[Answer]:
        return self.predictor.answers(np.stack(images))


def main(port: int, scratch: str) -> None:
    ray.init(
        num_cpus=2,
        include_dashboard=False,
        object_store_memory=_OBJECT_STORE,
        log_to_driver=False,
        _temp_dir=scratch,
        _node_ip_address="127.0.0.1",
    )
    serve.start(
        http_options={"host": "127.0.0.1", "port": port},
        logging_config={"enable_access_log": False, "log_level": "WARNING"},
    )
    deployment = serve.deployment(num_replicas=1, max_ongoing_requests=256, ray_actor_options={"num_cpus": 1})
    serve.run(deployment(RayDigits).bind(), route_prefix="/")
    signal.pause()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
