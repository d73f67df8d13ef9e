"""Equality of the served and the trained model: the whole test set over HTTP."""

import http.client
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import orjson
import pytest

from inference import bundle
from model import SPEC
from model.pixels import Images
from serving import paths
from tests.messages import png

from .conftest import Client

LEAST_ACCURACY = 0.992
CLIENTS = 16


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
    """On plain connections: httpx takes more of a processor than the server."""
    images, labels = test_set
    headers = {"Authorization": digits.http.headers["Authorization"], "Content-Type": "image/png"}

    def read(part: Images) -> list[int]:
        connection = http.client.HTTPConnection(digits.http.base_url.netloc.decode(), timeout=60)
        found = []
        for image in part:
            connection.request("POST", "/predictions/digits", png(image), headers)
            found.append(orjson.loads(connection.getresponse().read())["digit"])
        connection.close()
        return found

    with ThreadPoolExecutor(CLIENTS) as pool:
        found = np.concatenate(list(pool.map(read, np.array_split(images, CLIENTS))))
    assert float((found == labels).mean()) == trained_accuracy
