"""LitServe with the product's model."""

import sys
from typing import Any

import numpy as np

from benchmarks.peers.litserve.api import BatchingAPI, serve
from benchmarks.peers.predictor import BundlePredictor


class DigitsAPI(BatchingAPI):
    def setup(self, device: str) -> None:
        self.predictor = BundlePredictor()

    def decode_request(self, request: dict[str, Any]) -> np.ndarray:
        return np.array(request["x"], dtype=np.uint8)


if __name__ == "__main__":
    serve(DigitsAPI, "/json", int(sys.argv[1]), workers=1)
