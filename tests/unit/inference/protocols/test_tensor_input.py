"""The input tensor of an Open Inference Protocol request, as JSON and in binary."""

import json
from typing import Any

import numpy as np
import pytest

from inference.http_message import Message
from tests import recipe
from tests.messages import b64, decode, elements, of_json, png, v2, v2_binary
from tests.pictures import saved

from .checks import refusal

IMAGES = recipe.drawn(7, 1)
ZERO = np.zeros((1, 28, 28), dtype=np.uint8)
SHAPES: list[tuple[int, ...]] = [(784,), (28, 28), (1, 28, 28)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("nested", [False, True])
def test_uint8_json(shape: tuple[int, ...], nested: bool) -> None:
    data = IMAGES.reshape(2, *shape) if nested else IMAGES.ravel()
    request = decode(v2(IMAGES, {"shape": [2, *shape], "data": data.tolist()}))
    assert np.array_equal(request.rows, IMAGES)
    assert request.treatments[0].format == "UINT8"


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("nested", [False, True])
def test_fp32_json_is_from_0_to_1(shape: tuple[int, ...], nested: bool) -> None:
    data = (IMAGES / 255).reshape(2, *shape) if nested else (IMAGES / 255).ravel()
    request = decode(v2(IMAGES, {"shape": [2, *shape], "datatype": "FP32", "data": data.tolist()}))
    assert np.array_equal(request.rows, IMAGES)
    assert request.treatments[0].format == "FP32"


def test_fp32_json_of_whole_numbers() -> None:
    request = decode(v2(ZERO, {"datatype": "FP32", "data": [0, 1] * 392}))
    assert np.unique(request.rows).tolist() == [0, 255]


@pytest.mark.parametrize("shape", SHAPES)
def test_uint8_binary(shape: tuple[int, ...]) -> None:
    request = decode(v2_binary(IMAGES.tobytes(), {"shape": [2, *shape], "datatype": "UINT8"}))
    assert np.array_equal(request.rows, IMAGES)


@pytest.mark.parametrize("shape", SHAPES)
def test_fp32_binary_is_little_endian(shape: tuple[int, ...]) -> None:
    data = (IMAGES / 255).astype("<f4").tobytes()
    request = decode(v2_binary(data, {"shape": [2, *shape], "datatype": "FP32"}))
    assert np.array_equal(request.rows, IMAGES)


@pytest.mark.parametrize("shape", [[2], [2, 1]])
def test_bytes_json_are_image_files_in_base64(shape: list[int]) -> None:
    data = [b64(png(image)) for image in IMAGES]
    request = decode(v2(IMAGES, {"shape": shape, "datatype": "BYTES", "data": data}))
    assert np.array_equal(request.rows, IMAGES)
    assert request.treatments[0].format == "PNG"


@pytest.mark.parametrize("shape", [[2], [2, 1]])
def test_bytes_binary_are_image_files_with_their_lengths(shape: list[int]) -> None:
    data = elements(*(png(image) for image in IMAGES))
    request = decode(v2_binary(data, {"shape": shape, "datatype": "BYTES"}))
    assert np.array_equal(request.rows, IMAGES)


def test_json_data_with_the_binary_header_but_no_binary_data() -> None:
    message = v2(IMAGES)
    headers = {"inference-header-content-length": str(len(message.body))}
    assert np.array_equal(decode(Message(message.body, headers=headers)).rows, IMAGES)


@pytest.mark.parametrize("content_type", ["", "application/json", "application/octet-stream", "application/vnd.x"])
def test_the_binary_header_counts_whatever_the_type(content_type: str) -> None:
    message = v2_binary(IMAGES.tobytes(), {"shape": [2, 784], "datatype": "UINT8"})
    assert np.array_equal(decode(Message(message.body, content_type, message.headers)).rows, IMAGES)


def test_the_name_of_the_input_is_free_and_other_keys_are_ignored() -> None:
    request = decode(v2(IMAGES, {"name": "anything", "parameters": {"content_type": "np"}}, note=1))
    assert np.array_equal(request.rows, IMAGES)


# Forms that clients send beside the documented ones. Each is read as these two images.
VARIANTS: dict[str, dict[str, Any]] = {
    "channels last": {"shape": [2, 28, 28, 1]},
    "one channel, flat": {"shape": [2, 1, 784]},
    "an open count": {"shape": [-1, 28, 28]},
    "an open size": {"shape": [2, -1]},
    "all open": {"shape": [-1]},
    "nested to the last": {"shape": [2, 28, 28, 1], "data": IMAGES.reshape(2, 28, 28, 1).tolist()},
    "null for parameters": {"parameters": {"binary_data_size": None, "content_type": None}},
    **{kind: {"datatype": kind} for kind in ("UINT16", "UINT32", "UINT64", "INT16", "INT32", "INT64")},
    **{kind: {"datatype": kind, "data": (IMAGES / 255).round(4).ravel().tolist()} for kind in ("FP16", "FP32", "FP64")},
}


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_of_a_tensor_is_read(name: str) -> None:
    assert np.array_equal(decode(v2(IMAGES, VARIANTS[name])).rows, IMAGES)


def test_null_is_as_good_as_absent() -> None:
    content = json.loads(v2(IMAGES).body)
    content |= {"id": None, "parameters": None, "outputs": None}
    content["inputs"][0]["parameters"] = None
    assert np.array_equal(decode(of_json(content)).rows, IMAGES)


def test_data_may_be_null_beside_binary_data() -> None:
    fields = {"shape": [2, 784], "datatype": "UINT8", "data": None}
    assert np.array_equal(decode(v2_binary(IMAGES.tobytes(), fields)).rows, IMAGES)


@pytest.mark.parametrize("shape", [[-1], [-1, 1]])
def test_bytes_of_an_open_shape(shape: list[int]) -> None:
    data = [b64(png(image)) for image in IMAGES]
    assert len(decode(v2(IMAGES, {"shape": shape, "datatype": "BYTES", "data": data})).rows) == 2
    binary = elements(*(png(image) for image in IMAGES))
    assert len(decode(v2_binary(binary, {"shape": shape, "datatype": "BYTES"})).rows) == 2


@pytest.mark.parametrize(("kind", "dtype"), [("FP16", "<f2"), ("FP64", "<f8"), ("INT64", "<i8"), ("UINT16", "<u2")])
def test_binary_data_of_other_datatypes(kind: str, dtype: str) -> None:
    data = (IMAGES / 255 if "FP" in kind else IMAGES).astype(dtype).tobytes()
    rows = decode(v2_binary(data, {"shape": [-1, 784], "datatype": kind})).rows
    assert np.abs(rows.astype(int) - IMAGES).max() <= (kind == "FP16")  # eleven bits are less precise than eight


@pytest.mark.parametrize(
    ("least", "most", "steps"),
    [
        (-0.01, 1.02, ("clipped to 0..1",)),
        (0, 1.02, ("clipped to 0..1",)),
        (-0.01, 1, ("clipped to 0..1",)),
        (0, 1, ()),
    ],
)
def test_fractions_slightly_beyond_0_to_1_are_clipped_and_reported(
    least: float, most: float, steps: tuple[str, ...]
) -> None:
    unit = (IMAGES[:1] / 255).ravel()
    unit[unit == unit.max()], unit[0] = most, least
    request = decode(v2(IMAGES[:1], {"datatype": "FP32", "data": unit.tolist()}))
    assert np.array_equal(request.rows, IMAGES[:1])
    assert request.treatments[0].steps == steps


PNG = png(recipe.drawn(7)[0])
# name -> (fields of a tensor of one black image, parts of the message)
BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no shape": ({"shape": None}, "shape must be a list of whole numbers"),
    "shape of text": ({"shape": ["1", "784"]}, "shape must be a list of whole numbers"),
    "shape of fractions": ({"shape": [1.0, 784]}, "shape must be a list of whole numbers"),
    "shape of booleans": ({"shape": [True, 784]}, "shape must be a list of whole numbers"),
    "empty shape": ({"shape": []}, "shape must be a list of whole numbers"),
    "shape of 783": ({"shape": [1, 783]}, "unsupported shape [1, 783]"),
    "shape without N": ({"shape": [784]}, "unsupported shape [784]"),
    "shape of no images": ({"shape": [0, 784], "data": []}, "unsupported shape [0, 784]"),
    "a shape that is open twice": ({"shape": [-1, -1]}, "unsupported shape [-1, -1]"),
    "an open shape that does not fit": ({"shape": [-1, 783]}, "unsupported shape [-1, 783]"),
    "a negative shape": ({"shape": [-2, 784]}, "unsupported shape [-2, 784]"),
    "three channels": ({"shape": [1, 3, 28, 28]}, "unsupported shape [1, 3, 28, 28]"),
    "a shape for two": ({"shape": [2, 784]}, "data has 784 elements, but the shape needs 1568"),
    "no datatype": ({"datatype": None}, "unsupported datatype null"),
    "INT7": ({"datatype": "INT7"}, 'unsupported datatype "INT7"'),
    "uint8": ({"datatype": "uint8"}, 'unsupported datatype "uint8"'),
    "datatype of a list": ({"datatype": ["UINT8"]}, "unsupported datatype a list of length 1"),
    "no data": ({"data": None}, "the tensor has no data"),
    "data of text": ({"data": "0" * 784}, "the tensor has no data"),
    "783 elements": ({"data": [0] * 783}, "data has 783 elements, but the shape needs 784"),
    "ragged data": ({"data": [[0] * 28] * 27 + [[0] * 27]}, "data has 783 elements"),
    "mixed data": ({"data": [[0] * 783, 0]}, "data mixes lists and single elements"),
    "too deep": ({"data": [[[[[[[[0]]]]]]]] * 784}, "element 0 of data is a list of length 1"),
    "256": ({"data": [256] + [0] * 783}, "element 0 of data is 256.0, not from 0 to 255"),
    "-1": ({"data": [0] * 783 + [-1]}, "element 783 of data is -1.0, not from 0 to 255"),
    "fraction in UINT8": ({"data": [0, 0.5] + [0] * 782}, "element 1 of data is 0.5, not UINT8"),
    "true": ({"data": [True] + [0] * 783}, "element 0 of data is true, not UINT8"),
    "null": ({"datatype": "FP32", "data": [None] + [0] * 783}, "element 0 of data is null, not FP32"),
    "text": ({"data": ["0"] + [0] * 783}, 'element 0 of data is "0", not UINT8'),
    "2 in FP32": ({"datatype": "FP32", "data": [2] + [0] * 783}, "element 0 of data is 2.0, not from 0 to 1"),
    "parameters of a list": ({"parameters": []}, "parameters must be an object"),
    "data and binary": ({"parameters": {"binary_data_size": 784}}, "both data and binary_data_size"),
    "binary that is not there": (
        {"data": None, "parameters": {"binary_data_size": 784}},
        "binary_data_size is 784, but 0 bytes follow the JSON",
    ),
    "BYTES of two dimensions": ({"datatype": "BYTES", "shape": [1, 784]}, "unsupported shape [1, 784]"),
    "fewer BYTES": (
        {"datatype": "BYTES", "shape": [2], "data": [b64(PNG)]},
        "data has 1 elements, but the shape needs 2",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_tensor_that_contradicts_itself_is_refused_by_name(name: str) -> None:
    fields, words = BAD[name]
    error = refusal(v2(ZERO, fields))
    assert (error.status, type(error).__name__) == (400, "InvalidTensor")
    assert words in error.message
    assert "UINT8" in error.hint
    assert len(error.message) < 120


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ([b64(PNG), "?"], "element 1 of data: the image is not valid base64"),
        ([7, b64(PNG)], "element 0 of data: a base64 image must be a string, not int"),
        ([b64(PNG), b64(b"hello")], "element 1 of data: the file is not an image"),
        ([b64(PNG), b64(PNG[:60])], "element 1 of data: the image cannot be decoded"),
    ],
)
def test_bytes_that_are_no_image_file_are_refused_by_name(data: list[Any], words: str) -> None:
    error = refusal(v2(ZERO, {"datatype": "BYTES", "shape": [2], "data": data}))
    assert (error.status, type(error).__name__) == (400, "InvalidImage")
    assert words in error.message


UINT8 = {"shape": [1, 784], "datatype": "UINT8"}
FP32 = {"shape": [1, 784], "datatype": "FP32"}
BYTES = {"shape": [1], "datatype": "BYTES"}


def fp32(value: float) -> bytes:
    return np.array([0.0] * 5 + [value] + [0.0] * 778, dtype="<f4").tobytes()


# name -> (binary data, fields of the tensor, parts of the message)
BAD_BINARY: dict[str, tuple[bytes, dict[str, Any], str]] = {
    "783 bytes": (bytes(783), UINT8, "binary_data_size is 783, but shape and datatype need 784"),
    "UINT8 sent as FP32": (bytes(784), FP32, "binary_data_size is 784, but shape and datatype need 3136"),
    "size of text": (bytes(784), UINT8 | {"parameters": {"binary_data_size": "784"}}, 'binary_data_size is "784"'),
    "size of true": (bytes(1), UINT8 | {"parameters": {"binary_data_size": True}}, "binary_data_size is true"),
    "negative size": (bytes(784), UINT8 | {"parameters": {"binary_data_size": -784}}, "binary_data_size is -784"),
    "size beyond the body": (bytes(784), UINT8 | {"parameters": {"binary_data_size": 785}}, "784 bytes follow"),
    "bytes left over": (bytes(785), UINT8 | {"parameters": {"binary_data_size": 784}}, "785 bytes follow"),
    "no size": (bytes(784), UINT8 | {"parameters": {}}, "784 bytes follow the JSON, but the tensor has no binary"),
    "data as well": (bytes(784), UINT8 | {"data": [0] * 784}, "both data and binary_data_size"),
    "NaN": (fp32(np.nan), FP32, "element 5 of data is nan, not from 0 to 1"),
    "infinity": (fp32(np.inf), FP32, "element 5 of data is inf, not from 0 to 1"),
    "-0.5": (fp32(-0.5), FP32, "element 5 of data is -0.5, not from 0 to 1"),
    "255 in FP32": (fp32(255.0), FP32, "element 5 of data is 255.0, not from 0 to 1"),
    "an element without its length": (b"\1\0", BYTES, "element 0 of data is longer than the remaining data"),
    "an element cut short": (elements(PNG)[:-1], BYTES, "element 0 of data is longer than the remaining data"),
    "an element of 4 GB": (b"\xff\xff\xff\xff", BYTES, "element 0 of data is longer than the remaining data"),
    "an element too many": (elements(PNG, PNG), BYTES, f"{len(PNG) + 4} bytes of data follow the last element, 0"),
    "an element too few": (
        elements(PNG),
        BYTES | {"shape": [2]},
        "element 1 of data is longer than the remaining data",
    ),
}


@pytest.mark.parametrize("name", BAD_BINARY)
def test_binary_data_that_contradicts_its_tensor_is_refused_by_name(name: str) -> None:
    data, fields, words = BAD_BINARY[name]
    error = refusal(v2_binary(data, fields))
    assert (error.status, type(error).__name__) == (400, "InvalidTensor")
    assert words in error.message


def test_a_file_without_its_length_is_refused_by_name() -> None:
    error = refusal(v2_binary(PNG, BYTES))
    assert "has no length: 4 bytes, little-endian" in error.message


@pytest.mark.parametrize("datatype", ["UINT8", "BYTES"])
def test_4097_images_are_too_many(datatype: str) -> None:
    shape = [4097, 784] if datatype == "UINT8" else [4097]
    error = refusal(v2(ZERO, {"shape": shape, "datatype": datatype}))
    assert (error.status, type(error).__name__) == (413, "TooLarge")
    assert "4,097 images" in error.message


def test_files_that_are_too_much_together_are_refused_by_name() -> None:
    from PIL import Image

    page = saved(Image.new("1", (4096, 2049)), "PNG")
    error = refusal(v2_binary(elements(page, page), {"shape": [2], "datatype": "BYTES"}))
    assert (error.status, type(error).__name__) == (413, "TooLarge")
    assert error.message.startswith("element 1 of data: the image is too large")
