"""Equality of the answers of other servers and the predictions of the model."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.peers.predictor import BUNDLE, Answer, BundlePredictor
from inference.bundle import Bundle
from inference.classifier import Classifier
from tests import recipe

IMAGES = recipe.drawn(*range(10))


@pytest.fixture
def predictor(monkeypatch: pytest.MonkeyPatch, bundle_path: Path, restored: None) -> BundlePredictor:
    monkeypatch.setenv(BUNDLE, str(bundle_path))
    return BundlePredictor()


@pytest.fixture
def expected(small: Bundle) -> list[Answer]:
    predictions = Classifier(small).predict(IMAGES)
    return [
        {"digit": digit, "probabilities": pytest.approx(row, abs=1e-6)}
        for digit, row in zip(predictions.classes.tolist(), predictions.probabilities.tolist(), strict=True)
    ]


def test_raw_bytes(predictor: BundlePredictor, expected: list[Answer]) -> None:
    assert [predictor.raw(image.tobytes()) for image in IMAGES] == expected


def test_json(predictor: BundlePredictor, expected: list[Answer]) -> None:
    assert [predictor.json({"x": image.ravel().tolist()}) for image in IMAGES] == expected


def test_a_batch(predictor: BundlePredictor, expected: list[Answer]) -> None:
    assert predictor.answers(np.stack([image.ravel() for image in IMAGES])) == expected
