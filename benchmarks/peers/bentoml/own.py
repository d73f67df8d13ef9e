"""BentoML service for own models, without batching, like the service for digits. Images are sent as base64."""

import bentoml

from benchmarks.peers.own import Answer, GraphPredictor


@bentoml.service(
    workers=2,
    traffic={"timeout": 60},
    logging={"access": {"enabled": False}},
    metrics={"enabled": False},
)
class Own:
    def __init__(self) -> None:
        self.predictor = GraphPredictor()

    @bentoml.api(route="/json")
    async def predict(self, x: list[float]) -> Answer:
        return self.predictor.json({"x": x})

    @bentoml.api(route="/image")
    async def predict_image(self, image: str) -> Answer:
        return self.predictor.json({"image": image})
