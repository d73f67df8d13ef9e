"""Handler as in tutorials: the three steps of BaseHandler, with a loop over the rows of the batch."""

from typing import Any

import torch
from ts.torch_handler.base_handler import BaseHandler

from benchmarks.peers.predictor import Answer, BundlePredictor


class DigitsHandler(BaseHandler):
    def initialize(self, context: Any) -> None:
        self.predictor = BundlePredictor()
        self.initialized = True

    def preprocess(self, data: list[dict[str, Any]]) -> torch.Tensor:
        images = []
        for row in data:
            body = row.get("data") or row.get("body")
            if isinstance(body, dict):
                images.append(torch.tensor(body["x"], dtype=torch.uint8))
            else:
                images.append(torch.frombuffer(body, dtype=torch.uint8))
        return torch.stack(images)

    def inference(self, data: torch.Tensor) -> list[Answer]:
        return self.predictor.answers(data.numpy())

    def postprocess(self, data: list[Answer]) -> list[Answer]:
        return data
