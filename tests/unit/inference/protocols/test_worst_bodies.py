"""Bodies that are costly to read: the time of each answer grows at most linearly with the length."""

import signal
from collections.abc import Iterator
from types import FrameType

import numpy as np
import pytest

from inference.errors import InvalidNumbers
from inference.http_message import JSON, Message
from inference.inputs.named import FREE, NamedInput
from inference.protocols.named_values import ValuesReader
from tests.messages import RAW

from .checks import refusal

SECONDS = 2.5  # of CPU: before it was bounded, each took over three, or did not end
FORM = "multipart/form-data; boundary=b"
PART = b"--b\r\n%b\r\nContent-Disposition: form-data; name=%b\r\n\r\nx\r\n"


def form(count: int, headers: bytes, name: bytes) -> Message:
    return Message(PART % (headers, name) * count + b"--b--\r\n", FORM)


def shape(side: bytes) -> Message:
    head, tail = b'{"inputs":[{"name":"pixels","datatype":"FP32","data":[1],"shape":[-1', b"]}]}"
    return Message(head + side * (10_000_000 // len(side)) + tail, JSON)


WORST = {
    "comments of a PNM file that may be told apart in many ways": Message(b"P1 " + b"# " * 100 + b"x", RAW),
    "base64 with 200 kB of spaces and no end": Message(b"A" + b" " * 200_000 + b"!", RAW),
    "a quote and 60,000 semicolons in the Content-Type": Message(b"x", f'{FORM}; a="' + ";" * 60_000),
    "a thousand parts with a quote and semicolons": form(990, b"a: b", b'"' + b";" * 4000),
    "a thousand parts with a thousand headers": form(990, b"a:\r\n" * 1000, b"c"),
    "a shape whose product has millions of digits": shape(b",9223372036854775807"),
    "a shape of millions of sides": shape(b",9"),
    "a data: URL of 7 million escapes": Message(
        b'{"instances":[{"b64":"data:image/png;base64,' + b"%41" * 7_000_000 + b'"}]}', JSON
    ),
}


@pytest.fixture
def limited() -> Iterator[None]:
    """Fail the test after this many seconds of CPU."""

    def late(signum: int, frame: FrameType | None) -> None:
        pytest.fail(f"it takes over {SECONDS} s of CPU")

    before = signal.signal(signal.SIGVTALRM, late)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    yield
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    signal.signal(signal.SIGVTALRM, before)


@pytest.mark.parametrize("name", WORST)
def test_it_is_refused_in_time(name: str, limited: None) -> None:
    assert refusal(WORST[name]).status in (400, 415)


@pytest.mark.parametrize(
    ("datatype", "good", "bad"),
    [("FP32", 0.5, "a"), ("FP32", 0.5, 1e39), ("INT64", 1.0, 1.5)],
)
def test_the_one_bad_number_of_a_million_is_named_in_time(
    limited: None, datatype: str, good: float, bad: object
) -> None:
    reader = ValuesReader(NamedInput("signal", datatype, (FREE,)), "send numbers")
    with pytest.raises(InvalidNumbers, match="as element 1000000, not"):
        reader.read([[good] * 1_000_000 + [bad]], ["x"])


def test_a_million_whole_numbers_with_a_point_are_read_in_time(limited: None) -> None:
    reader = ValuesReader(NamedInput("signal", "INT64", (FREE,)), "send numbers")
    (row,) = reader.read([[2.0] * 1_000_000], ["x"])
    assert row.dtype == np.int64
    assert (row == 2).all()
