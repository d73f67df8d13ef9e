"""Equality of the input formats: the network gets the same pixels from each."""

from collections.abc import Callable

import numpy as np
import pytest

from inference.http_message import Message
from model.pixels import Images
from tests import recipe
from tests.messages import b64, decode, elements, form, normalised, of_json, png, raw, v2, v2_binary
from training.data.dataset import Dataset

WAYS: dict[str, Callable[[Images], Message]] = {
    "raw": raw,
    "PNG": lambda images: Message(png(images[0]), "image/png"),
    "form": lambda images: form(('Content-Disposition: form-data; name="data"', images.tobytes())),
    "x": lambda images: of_json({"x": images[0].tolist()}),
    "x 0..1": lambda images: of_json({"x": (images[0] / 255).tolist()}),
    "x in a list": lambda images: of_json({"x": images.reshape(-1, 784).tolist()}),
    "instances": lambda images: of_json({"instances": images.tolist()}),
    "instances b64": lambda images: of_json({"instances": [{"b64": b64(png(images[0]))}]}),
    "UINT8": v2,
    "FP32": lambda images: v2(images, {"datatype": "FP32", "data": (images / 255).ravel().tolist()}),
    "BYTES": lambda images: v2(images, {"datatype": "BYTES", "shape": [1], "data": [b64(png(images[0]))]}),
    "binary UINT8": lambda images: v2_binary(images.tobytes(), {"shape": [1, 784], "datatype": "UINT8"}),
    "binary FP32": lambda images: v2_binary(
        (images / 255).astype("<f4").tobytes(), {"shape": [1, 28, 28], "datatype": "FP32"}
    ),
    "binary BYTES": lambda images: v2_binary(elements(png(images[0])), {"shape": [1], "datatype": "BYTES"}),
}


@pytest.mark.parametrize("way", WAYS)
def test_real_digits_arrive_bit_for_bit(mnist: Dataset, way: str) -> None:
    for index in range(20):
        image: Images = mnist.test.images[index : index + 1]
        assert np.array_equal(decode(WAYS[way](image)).rows, image)


@pytest.mark.parametrize("way", WAYS)
def test_dark_ink_on_light_is_normalised_the_same_way(way: str) -> None:
    sent = 255 - recipe.drawn(3)
    expected = normalised(decode(raw(sent)))
    request = normalised(decode(WAYS[way](sent)))
    assert np.array_equal(request.rows, expected.rows)
    assert request.treatments[0].steps[-4:] == expected.treatments[0].steps
    assert expected.treatments[0].steps[0] == "inverted"


def test_the_ways_are_really_different() -> None:
    image = recipe.drawn(3)
    bodies = {WAYS[way](image).body for way in WAYS}
    assert len(bodies) == len(WAYS)
