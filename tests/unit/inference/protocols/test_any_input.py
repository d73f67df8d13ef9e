"""Decoding of any input: it gives images or an error for the client, and no other exception."""

import math
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inference.errors import ServiceError
from inference.http_message import JSON, Message
from inference.protocols import Request
from tests import recipe
from tests.messages import RAW, b64, decode, png

THOROUGH = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
PNG = png(recipe.drawn(7)[0])
ROW = recipe.drawn(7)[0].ravel().tolist()

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
numbers = st.one_of(st.integers(-(2**63), 2**64 - 1), st.floats(allow_nan=False), st.integers(-1, 256), st.floats(0, 1))
scalars = st.one_of(st.none(), st.booleans(), numbers, text)
# Values of valid lengths that contain one odd value.
rows = st.one_of(
    st.just(ROW),
    st.tuples(st.integers(0, 783), scalars).map(lambda odd: [*ROW[: odd[0]], odd[1], *ROW[odd[0] + 1 :]]),
    st.sampled_from([783, 785, 28, 27, 1]).map(lambda length: [0] * length),
)
grids = st.one_of(
    st.just(recipe.drawn(7)[0].tolist()),
    st.just(recipe.drawn(7)[0].reshape(28, 28, 1).tolist()),
    st.tuples(st.integers(0, 27), st.one_of(scalars, st.lists(scalars, min_size=27, max_size=28))).map(
        lambda odd: [[0] * 28] * odd[0] + [odd[1]] + [[0] * 28] * (27 - odd[0])
    ),
)
files = st.one_of(st.just(PNG), st.binary(max_size=64), st.integers(0, len(PNG)).map(lambda end: PNG[:end]))
values = st.recursive(
    st.one_of(scalars, rows, grids, files.map(b64), files.map(lambda file: {"b64": b64(file)})),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(text, inner, max_size=3)),
    max_leaves=6,
)
shapes = st.one_of(
    st.sampled_from([[1, 784], [1, 28, 28], [1, 1, 28, 28], [1], [2, 784], [0, 784], [2**63, 784], [-1, 784], []]),
    values,
)
tensors = st.fixed_dictionaries(
    {},
    optional={
        "name": values,
        "shape": shapes,
        "datatype": st.one_of(st.sampled_from(["UINT8", "FP32", "BYTES", "INT8"]), values),
        "data": values,
        "parameters": st.one_of(
            values, st.fixed_dictionaries({}, optional={"binary_data_size": st.one_of(st.just(784), values)})
        ),
    },
)
outputs = st.lists(
    st.one_of(values, st.fixed_dictionaries({"name": st.sampled_from(["digit", "probabilities", "x"])})), max_size=3
)
contents = st.one_of(
    values,
    st.fixed_dictionaries({}, optional={"x": values, "instances": values, "inputs": values}),
    st.fixed_dictionaries(
        {"inputs": st.one_of(values, st.lists(tensors, max_size=2))},
        optional={"id": values, "outputs": st.one_of(values, outputs), "parameters": values},
    ),
)
types = st.one_of(
    st.sampled_from(["", JSON, RAW, "image/png", "text/plain", "a/b+json", "application/x-www-form-urlencoded"]),
    st.text(max_size=20),
)
bodies = st.one_of(
    st.binary(max_size=2000),
    st.integers(0, 3).map(lambda count: bytes(784 * count)),
    st.tuples(st.sampled_from([b"{", b"[", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"BM"]), st.binary()).map(
        b"".join
    ),
)


def check(message: Message) -> None:
    try:
        request = decode(message)
    except ServiceError as error:
        answerable(error)
    else:
        readable(request)


def answerable(error: ServiceError) -> None:
    """Check that the error is one of the client, and that the client can read it."""
    assert error.status in (400, 413, 415)
    content = orjson.loads(error.body())
    assert content["message"]
    assert content["hint"]
    assert len(content["message"]) < 400


def readable(request: Request) -> None:
    count = len(request.rows)
    assert count >= 1
    assert (request.rows.shape, request.rows.dtype) == ((count, 28, 28), np.dtype(np.uint8))
    assert len(request.treatments) == count


@THOROUGH
@given(content=contents, content_type=types)
def test_any_json(content: Any, content_type: str) -> None:
    check(Message(orjson.dumps(content), content_type))


@THOROUGH
@given(body=bodies, content_type=types, encoding=st.sampled_from([None, "identity", "gzip"]))
@pytest.mark.filterwarnings("ignore")  # as in a worker: Pillow warns of broken metadata and continues
def test_any_bytes(body: bytes, content_type: str, encoding: str | None) -> None:
    check(Message(body, content_type, {"content-encoding": encoding} if encoding else {}))


@THOROUGH
@given(
    content=contents,
    binary=st.one_of(st.binary(max_size=64), st.just(bytes(784)), st.just(bytes(3136)), files),
    shift=st.one_of(st.just(0), st.integers(-9, 9)),
    length=st.one_of(st.none(), st.text(max_size=6)),
)
def test_any_binary_tensor(content: Any, binary: bytes, shift: int, length: str | None) -> None:
    head = orjson.dumps(content)
    declared = str(len(head) + shift) if length is None else length
    check(Message(head + binary, RAW, {"inference-header-content-length": declared}))


@THOROUGH
@given(number=st.one_of(st.floats(), st.integers()))
def test_a_pixel_is_any_number_from_0_to_255_and_no_other(number: float) -> None:
    text = str(number).encode()  # as Python's json writes it, also NaN, inf and integers of any length
    body = b'{"x":[' + text + b",2" * 783 + b"]}"
    allowed = not math.isnan(number) and 0 <= number <= 255
    try:
        decode(Message(body, JSON))
    except ServiceError as error:
        refused = True
        answerable(error)
    else:
        refused = False
    assert refused == (not allowed)
