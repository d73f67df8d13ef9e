"""TensorFlow Serving's and KServe v1's ``{"instances": [...]}``."""

import json
from typing import Any

import numpy as np
import pytest

from inference.classifier import Classifier
from inference.http_message import JSON, Identity, Message
from model import image_file
from tests import recipe
from tests.messages import answered, b64, decode, of_json, png
from tests.pictures import digit, saved

from .checks import refusal

PIXELS = [0] * 784


@pytest.mark.parametrize("shape", [(784,), (28, 28), (28, 28, 1)])
def test_plain_instances(shape: tuple[int, ...]) -> None:
    images = recipe.drawn(1, 2, 3)
    request = decode(of_json({"instances": images.reshape(3, *shape).tolist()}))
    assert np.array_equal(request.rows, images)


def test_image_files_in_base64() -> None:
    images = recipe.drawn(4, 5)
    request = decode(of_json({"instances": [{"b64": b64(png(image))} for image in images]}))
    assert np.array_equal(request.rows, images)
    assert [treatment.format for treatment in request.treatments] == ["PNG", "PNG"]


def test_both_kinds_mixed_keep_their_order() -> None:
    images = recipe.drawn(*range(10))
    instances = [
        {"b64": b64(png(image))} if number in (1, 4, 5, 9) else image.tolist() for number, image in enumerate(images)
    ]
    request = decode(of_json({"instances": instances}))
    assert np.array_equal(request.rows, images)
    formats = [treatment.format for treatment in request.treatments]
    assert [number for number, format_ in enumerate(formats) if format_ == "PNG"] == [1, 4, 5, 9]


def test_the_treatment_of_each_stays_with_it() -> None:
    large = {"b64": b64(saved(digit(7, scale=3), "GIF"))}
    request = decode(of_json({"instances": [PIXELS, large, PIXELS]}))
    assert [treatment.width for treatment in request.treatments] == [28, 84, 28]
    assert np.array_equal(request.rows[1], image_file.read(saved(digit(7, scale=3), "GIF"))[0])


@pytest.mark.parametrize("count", [1, 3])
def test_the_answer_is_a_list_however_many(small_classifier: Classifier, count: int) -> None:
    request = decode(of_json({"instances": recipe.drawn(*range(count)).tolist()}))
    answer = answered(request, small_classifier, Identity("digits", "1.0", "c" * 64))
    content = json.loads(answer.body)
    assert list(content) == ["predictions"]
    assert len(content["predictions"]) == count


def test_tensorflow_servings_signature_name_is_ignored() -> None:
    assert len(decode(of_json({"signature_name": "serving_default", "instances": [PIXELS]})).rows) == 1


GOOD = {"b64": b64(saved(digit(7), "PNG"))}
# name -> (instances, type, parts of the message)
BAD: dict[str, tuple[Any, str, str]] = {
    "none": ([], "InvalidPixels", "instances must be a list of images, not a list of length 0"),
    "null": (None, "InvalidPixels", "not null"),
    "an object": ({"b64": ""}, "InvalidPixels", "not an object"),
    "a number": ([PIXELS, 7], "InvalidPixels", "instances[1] must be a list of numbers, not 7"),
    "783 numbers": ([PIXELS, PIXELS, PIXELS[1:]], "InvalidPixels", "instances[2] has 783 elements"),
    "256": ([PIXELS, [256, *PIXELS[1:]]], "InvalidPixels", "pixel 0 of instances[1] is 256"),
    "256 after a file": ([GOOD, PIXELS, [256, *PIXELS[1:]]], "InvalidPixels", "pixel 0 of instances[2] is 256"),
    "no b64": ([GOOD, {"image": ""}], "InvalidPixels", "instances[1] is an object without the key b64"),
    "an empty object": ([{}], "InvalidPixels", "instances[0] is an object without the key b64"),
    "b64 that is no text": ([GOOD, {"b64": 7}], "InvalidImage", "instances[1]: a base64 image must be a string"),
    "b64 that is not base64": ([PIXELS, {"b64": "?"}], "InvalidImage", "instances[1]: the image is not valid base64"),
    "b64 that is no file": ([GOOD, {"b64": "aGVsbG8="}], "InvalidImage", "instances[1]: the file is not an image"),
    "b64 that is empty": ([{"b64": ""}], "InvalidImage", "instances[0]: the file is not an image"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_image_is_refused_by_name(name: str) -> None:
    instances, kind, words = BAD[name]
    error = refusal(of_json({"instances": instances}))
    assert (error.status, type(error).__name__) == (400, kind)
    assert words in error.message
    assert len(error.message) < 120


def test_the_hint_names_the_likely_mistake() -> None:
    assert refusal(of_json({"instances": PIXELS})).hint.endswith("in a list of images, send each as a list")
    heic = bytes.fromhex("00000020") + b"ftypheic" + bytes(99)
    error = refusal(of_json({"instances": [{"b64": b64(heic)}]}))
    assert (error.message, error.hint) == ("instances[0]: the image is a HEIC file", "convert it to PNG or JPEG")
    assert '{"instances": [{"b64": ' in refusal(of_json({"x": b64(heic)})).hint


def test_100_000_instances_are_too_many() -> None:
    error = refusal(Message(b'{"instances":[' + b"[],".join([b""] * 100_000) + b"[]]}", JSON))
    assert (error.status, type(error).__name__) == (413, "TooLarge")
    assert "100,000 images" in error.message


def test_files_that_are_too_much_together_are_refused_by_name() -> None:
    from PIL import Image

    page = {"b64": b64(saved(Image.new("1", (4096, 2049)), "PNG"))}
    error = refusal(of_json({"instances": [page, PIXELS, page]}))
    assert (error.status, type(error).__name__) == (413, "TooLarge")
    assert "instances[2]: the image is too large: 4096x2049 pixels" in error.message
    assert "per request" in error.hint
