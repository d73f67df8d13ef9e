"""BentoML service without batching.

A method with batching takes lists, so requests with one image need a second service before it. Its process and its HTTP
request for each image cost more than batching saves.
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
