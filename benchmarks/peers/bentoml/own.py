"""A BentoML service for an own model, without batching, as the one for digits; an image comes as base64."""

import base64

import bentoml

from benchmarks.peers.own import Answer, GraphPredictor, pixels, row


@bentoml.service(
    workers=2,
    traffic={"timeout": 60},
    logging={"access": {"enabled": False}},
    metrics={"enabled": False},
)
class Own:
    def __init__(self) -> None:
        self.predictor = GraphPredictor()

    @bentoml.api(route="/table")
    async def predict_table(self, x: list[float]) -> Answer:
        return self.predictor.answer(row(x))

    @bentoml.api(route="/image")
    async def predict_image(self, image: str) -> Answer:
        return self.predictor.answer(pixels(base64.b64decode(image)))
