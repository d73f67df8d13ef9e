"""Costs of requests: one may cost half a second by estimate. A request whose charge is refused fails alone."""

import gc

import numpy as np
import orjson
import pytest

from handlers.budget import Budget, Expense
from inference.cost import free
from inference.errors import InvalidJSON, Overloaded, ServiceError, TooLarge
from inference.http_message import JSON, Message
from inference.protocols import Request, json_text, stack
from model import SPEC
from model.pixels import Images
from tests import bombs, messages, recipe
from tests.messages import RAW, decode, normalised, of_json

from .checks import refusal

SIZE = 2_500_000
SEVEN = recipe.drawn(7)


@pytest.mark.parametrize("unit", [b"[]", b"{}", b'""', b"[[]]", b'{"":[]}'])
@pytest.mark.parametrize("head", [b'{"x":[', b'{"instances":[', b'{"y":[', b'{"inputs":[{}],"outputs":['])
def test_json_of_too_many_lists_is_refused_before_it_is_parsed(
    unit: bytes, head: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = bombs.repeated_json(SIZE, unit, head)
    monkeypatch.setattr(orjson, "loads", None)
    error = refusal(Message(body, JSON))
    assert (error.status, type(error)) == (413, TooLarge)
    assert "brackets, braces and quotes, more than 600,000" in error.message


def test_a_binary_tensors_json_has_the_same_limit() -> None:
    head = bombs.repeated_json(SIZE, b"[]", b'{"inputs":[')
    headers = {"inference-header-content-length": str(len(head))}
    assert "more than 600,000" in refusal(Message(head, RAW, headers)).message


def test_a_raw_body_full_of_brackets_is_still_raw_pixels() -> None:
    pixels = b"{" + b"[" * (784 * 1000 - 2) + b"\0"
    assert len(decode(Message(pixels, RAW)).rows) == 1000


@pytest.mark.parametrize("unit", [b"0", b"1.5", b"1e9", b"9223372036854775807", b'"ab"', b"[0]", b"true", b"null"])
@pytest.mark.parametrize(
    "head", [b'{"x":[', b'{"instances":[[', b'{"inputs":[{"shape":[1,784],"datatype":"FP32","data":[']
)
def test_a_body_of_one_value_over_and_over_is_refused(unit: bytes, head: bytes) -> None:
    tail = {b'{"x":[': b"]}", b'{"instances":[[': b"]]}"}.get(head, b"]}]}")
    assert refusal(Message(bombs.repeated_json(SIZE, unit, head, tail), JSON)).status in (400, 413)


def test_deep_nesting_is_invalid_json() -> None:
    body = b'{"x":' + b"[" * 200_000 + b"]" * 200_000 + b"}"
    assert type(refusal(Message(body, JSON))) is InvalidJSON


@pytest.mark.parametrize("error", [MemoryError, RecursionError])
def test_a_body_that_takes_too_much_memory_is_refused(error: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise error

    monkeypatch.setattr(json_text, "parse", fail)
    assert "15 bytes takes too much memory" in refusal(Message(b'{"x": [1, 2,3]}', JSON)).message


def test_the_garbage_collector_is_on_after_any_json() -> None:
    for body in (b'{"x": 1}', b"{", b"[" * 700_000):
        refusal(Message(body, JSON))
        assert gc.isenabled()


@pytest.mark.parametrize(
    ("count", "shape"), [(4096, (784,)), (4096, (28, 28)), (700, (28, 28, 1))], ids=["784", "28x28", "28x28x1"]
)
def test_as_many_honest_images_as_ever_are_read(count: int, shape: tuple[int, ...]) -> None:
    images = np.repeat(SEVEN, count, axis=0)
    request = decode(of_json({"instances": images.reshape(count, *shape).tolist()}))
    assert np.array_equal(request.rows, images)


def test_4096_images_that_look_like_mnist_cost_nothing() -> None:
    request = decode(messages.raw(np.repeat(SEVEN, 4096, axis=0)))
    assert normalised(request, _refuse).rows is request.rows


def test_4096_small_png_files_are_read() -> None:
    files = [messages.png(SEVEN[0])] * 4096
    assert len(decode(Message(bombs.instances(files), JSON)).rows) == 4096


def test_long_json_is_charged_by_its_numbers_before_it_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    body = bombs.repeated_json(150_000, b"0.5", b'{"x":[')
    charged: list[float] = []
    with pytest.raises(ServiceError):
        decode(Message(body, JSON), charged.append)
    assert 0.001 < sum(charged) < 0.01
    monkeypatch.setattr(orjson, "loads", None)
    with pytest.raises(Overloaded):
        decode(Message(body, JSON), _refuse)


def test_one_image_as_json_and_the_text_of_a_file_cost_nothing() -> None:
    decode(of_json({"x": SEVEN[0].ravel().tolist()}), _refuse)
    file = {"b64": "A" * 5_000_000}
    with pytest.raises(ServiceError, match="not an image"):
        decode(of_json({"instances": [file]}), _refuse)


def test_one_long_text_passes_where_others_wait() -> None:
    """A model with a single worker has no other worker for it."""
    budget = Budget(apart=False)
    budget.begin()
    budget.share("other")
    first, second = Expense(budget.share("greedy")), Expense(budget.share("greedy"))
    images = np.repeat(SEVEN, 1000, axis=0).reshape(1000, 784)
    assert len(decode(of_json({"x": images.tolist()}), first.charge).rows) == 1000
    with pytest.raises(Overloaded):
        decode(of_json({"x": images.tolist()}), second.charge)


def test_too_many_uneven_images_are_refused_before_any_is_normalised() -> None:
    request = decode(messages.raw(bombs.uneven(1500)))
    with pytest.raises(TooLarge, match=r"^the estimated time to normalise 1,500 images is over 0\.5 s") as refused:
        normalised(request)
    assert "600" in refused.value.hint


def test_some_hundred_uneven_images_are_normalised() -> None:
    request = normalised(decode(messages.raw(bombs.uneven(600))))
    assert all("light evened" in treatment.steps for treatment in request.treatments)


def test_even_images_cost_less_than_uneven_ones() -> None:
    even, uneven = (_charged(images) for images in (255 - np.repeat(SEVEN, 100, axis=0), bombs.uneven(100)))
    assert 0.0 < even < uneven


def _charged(images: Images) -> float:
    charged: list[float] = []
    normalised(decode(messages.raw(images)), charged.append)
    (seconds,) = charged
    return seconds


def test_too_many_image_files_are_refused_by_the_first_that_is_too_much() -> None:
    error = refusal(Message(bombs.instances(bombs.uneven_pngs(16) * 64), JSON))
    assert (error.status, type(error)) == (413, TooLarge)
    assert error.message.startswith("instances[")
    assert "the estimated time to decode the image files up to this one is over 0.5 s" in error.message


def test_an_image_that_needs_no_normalising_does_not_spare_its_neighbour_it() -> None:
    requests = [decode(messages.raw(images)) for images in (SEVEN, 255 - SEVEN)]
    images, outcomes = stack(SPEC.preprocessing, requests, [free, free])
    assert np.array_equal(images[0], SEVEN[0])
    assert images[1, 0].max() == 0
    steps = [outcome.treatments[0].steps[:1] for outcome in outcomes if isinstance(outcome, Request)]
    assert steps == [(), ("inverted",)]


def test_a_request_that_its_charge_refuses_fails_alone() -> None:
    requests = [decode(messages.raw(images)) for images in (255 - SEVEN, SEVEN, 255 - SEVEN)]
    images, outcomes = stack(SPEC.preprocessing, requests, [_refuse, _refuse, lambda seconds: None])
    assert isinstance(outcomes[0], Overloaded)
    assert [isinstance(outcome, ServiceError) for outcome in outcomes] == [True, False, False]
    assert len(images) == 2
    assert np.array_equal(images[0], SEVEN[0])


def _refuse(seconds: float) -> None:
    raise Overloaded(f"no time left for work of {seconds} s", "try again later")
