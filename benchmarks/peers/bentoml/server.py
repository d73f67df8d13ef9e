"""A BentoML service without batching.

A batched method takes lists, so a client that sends one image needs a second service before it: another process and
another HTTP request for each image, which cost more than they save.
"""

import bentoml

from benchmarks.peers.predictor import Answer, BundlePredictor


@bentoml.service(
    workers=2,
    traffic={"timeout": 60},
    logging={"access": {"enabled": False}},
    metrics={"enabled": False},
)
class BentoDigits:
    def __init__(self) -> None:
        self.predictor = BundlePredictor()

    @bentoml.api(route="/json")
    async def predict(self, x: list[int]) -> Answer:
        return self.predictor.json({"x": x})
