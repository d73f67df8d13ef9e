"""Predictor of all peers for digits: the model of the product, with answers that any JSON library can write."""

import io
import os
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from inference import bundle, runtimes
from inference.classifier import Classifier, Predictions
from model import SPEC

BUNDLE = "DIGITS_BUNDLE"  # environment variable with the path of the weights
FORMAT = "DIGITS_FORMAT"  # environment variable with the name of another runtime than PyTorch
Answer = dict[str, Any]  # {"digit": 7, "probabilities": [10 numbers]}


class BundlePredictor:
    """Predictor with a bundle, loaded once per process. It has one thread, because one image is little work."""

    def __init__(self) -> None:
        torch.set_num_threads(1)
        loaded = bundle.load(Path(os.environ[BUNDLE]), SPEC)
        self._classifier = Classifier(loaded, runtime=runtimes.in_memory(os.environ.get(FORMAT, "eager"), loaded))

    def raw(self, body: bytes) -> Answer:
        """Return the answer for 784 bytes."""
        return self.answers(np.frombuffer(body, dtype=np.uint8))[0]

    def file(self, body: bytes) -> Answer:
        """Return the answer for an image file, read with Pillow as users do."""
        with Image.open(io.BytesIO(body)) as image:
            return self.answers(np.asarray(image.convert("L").resize((28, 28))))[0]

    def array(self, content: dict[str, Any]) -> np.ndarray:
        """Return the pixels in {"x": [784 integers]}."""
        return np.array(content["x"], dtype=np.uint8)

    def json(self, content: dict[str, Any]) -> Answer:
        """Return the answer for JSON content, as for ``array``."""
        return self.answers(self.array(content))[0]

    def predict(self, pixels: np.ndarray) -> Predictions:
        """Return predictions for uint8 pixels in any shape that fits n x 784."""
        return self._classifier.predict(pixels.reshape(-1, 28, 28))

    def answers(self, pixels: np.ndarray) -> list[Answer]:
        """Return n answers for uint8 pixels in any shape that fits n x 784."""
        predictions = self.predict(pixels)
        return [
            {"digit": digit, "probabilities": probabilities}
            for digit, probabilities in zip(
                predictions.classes.tolist(), predictions.probabilities.tolist(), strict=True
            )
        ]
