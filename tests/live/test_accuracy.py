"""Equality of the served and the trained model: the whole test set over HTTP."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from inference import bundle
from model import SPEC
from model.pixels import Images
from serving import paths
from tests.messages import png

from .conftest import Client

LEAST_ACCURACY = 0.992


@pytest.fixture(scope="module")
def trained_accuracy() -> float:
    return bundle.load(paths.BUNDLE, SPEC).metadata.metrics["test_accuracy"]


def test_the_trained_accuracy_is_what_the_product_promises(trained_accuracy: float) -> None:
    assert trained_accuracy >= LEAST_ACCURACY


def test_ten_thousand_raw_images_are_served_as_accurately_as_trained(
    digits: Client, test_set: tuple[Images, Any], trained_accuracy: float
) -> None:
    images, labels = test_set
    found: list[int] = []
    for start in range(0, len(images), 1000):
        response = digits.predict(images[start : start + 1000].tobytes())
        found += [prediction["digit"] for prediction in response.json()["predictions"]]
    assert float((np.array(found) == labels).mean()) == trained_accuracy


def test_ten_thousand_png_files_are_served_as_accurately_as_trained(
    digits: Client, test_set: tuple[Images, Any], trained_accuracy: float
) -> None:
    images, labels = test_set
    with ThreadPoolExecutor(16) as pool:
        answers = pool.map(lambda image: digits.predict(png(image), "image/png").json(), images)
        found = [answer["digit"] for answer in answers]
    assert float((np.array(found) == labels).mean()) == trained_accuracy
