"""Equality of the served and the trained model on the whole test set, over HTTP."""

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
CLIENTS, FILES = 16, 2000


@pytest.fixture(scope="module")
def trained_accuracy() -> float:
    return bundle.load(paths.BUNDLE, SPEC).metadata.metrics["test_accuracy"]


def test_the_trained_accuracy_is_what_the_product_promises(trained_accuracy: float) -> None:
    assert trained_accuracy >= LEAST_ACCURACY


@pytest.fixture(scope="module")
def read(digits: Client, test_set: tuple[Images, Any]) -> Any:
    """Return the predicted digits of all raw images."""
    predicted: list[int] = []
    for part in np.array_split(test_set[0], 10):
        predicted += [prediction["digit"] for prediction in digits.predict(part.tobytes()).json()["predictions"]]
    return np.array(predicted)


def test_ten_thousand_raw_images_are_served_as_accurately_as_trained(
    read: Any, test_set: tuple[Images, Any], trained_accuracy: float
) -> None:
    assert float((read == test_set[1]).mean()) == trained_accuracy


def test_png_files_are_read_as_their_pixels_are(digits: Client, read: Any, test_set: tuple[Images, Any]) -> None:
    """The test uses plain connections, because httpx takes more CPU time than the server."""
    headers = {"Authorization": digits.http.headers["Authorization"], "Content-Type": "image/png"}

    def predict(part: Images) -> list[int]:
        connection = http.client.HTTPConnection(digits.http.base_url.netloc.decode(), timeout=60)
        answers = []
        for image in part:
            connection.request("POST", "/predictions/digits", png(image), headers)
            answers.append(orjson.loads(connection.getresponse().read())["digit"])
        connection.close()
        return answers

    with ThreadPoolExecutor(CLIENTS) as pool:
        predicted = np.concatenate(list(pool.map(predict, np.array_split(test_set[0][:FILES], CLIENTS))))
    np.testing.assert_array_equal(predicted, read[:FILES])
