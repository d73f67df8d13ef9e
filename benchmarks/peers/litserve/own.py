"""LitServe with an own model; an image comes as base64."""

import base64
import sys
from typing import Any

import numpy as np

from benchmarks.peers.litserve.api import BatchingAPI, serve
from benchmarks.peers.own import GraphPredictor, pixels, row


class OwnAPI(BatchingAPI):
    def setup(self, device: str) -> None:
        self.predictor = GraphPredictor()

    def decode_request(self, request: dict[str, Any]) -> np.ndarray:
        return row(request["x"]) if "x" in request else pixels(base64.b64decode(request["image"]))


if __name__ == "__main__":
    serve(OwnAPI, "/predict", int(sys.argv[1]), workers=2)
