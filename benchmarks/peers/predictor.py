"""Prediction for every peer: the product's model on pixels, the answer as numbers that any JSON library writes."""

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

BUNDLE = "DIGITS_BUNDLE"  # the variable with the path of the weights
FORMAT = "DIGITS_FORMAT"  # the variable that names another runtime than PyTorch
Answer = dict[str, Any]  # {"digit": 7, "probabilities": [10 numbers]}


class BundlePredictor:
    """The bundle, loaded once a process, with one thread: one image is too little work for two."""

    def __init__(self) -> None:
        torch.set_num_threads(1)
        loaded = bundle.load(Path(os.environ[BUNDLE]), SPEC)
        self._classifier = Classifier(loaded, runtime=runtimes.in_memory(os.environ.get(FORMAT, "eager"), loaded))

    def raw(self, body: bytes) -> Answer:
        """784 bytes."""
        return self.answers(np.frombuffer(body, dtype=np.uint8))[0]

    def file(self, body: bytes) -> Answer:
        """An image file, as users read it with Pillow."""
        with Image.open(io.BytesIO(body)) as image:
            return self.answers(np.asarray(image.convert("L").resize((28, 28))))[0]

    def array(self, content: dict[str, Any]) -> np.ndarray:
        """{"x": [784 integers]}."""
        return np.array(content["x"], dtype=np.uint8)

    def json(self, content: dict[str, Any]) -> Answer:
        """As ``array``."""
        return self.answers(self.array(content))[0]

    def predict(self, pixels: np.ndarray) -> Predictions:
        """As answers, for those that send arrays."""
        return self._classifier.predict(pixels.reshape(-1, 28, 28))

    def answers(self, pixels: np.ndarray) -> list[Answer]:
        """uint8, any shape that makes n x 784."""
        predictions = self.predict(pixels)
        return [
            {"digit": digit, "probabilities": probabilities}
            for digit, probabilities in zip(
                predictions.classes.tolist(), predictions.probabilities.tolist(), strict=True
            )
        ]
