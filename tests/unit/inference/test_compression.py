"""Compressed bodies and answers."""

import gzip
import zlib

import numpy as np
import pytest

from inference import compression
from inference.errors import InvalidEncoding, Overloaded, ServiceError, TooLarge, UnsupportedMedia
from inference.http_message import Answer, Message
from tests import recipe
from tests.messages import RAW, decode, raw

SEVEN = recipe.drawn(7)
PIXELS = SEVEN.tobytes()


def _raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


def packed(body: bytes, encoding: str) -> Message:
    return Message(body, RAW, {"content-encoding": encoding})


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (gzip.compress(PIXELS), "gzip"),
        (gzip.compress(PIXELS), "X-GZIP"),
        (gzip.compress(PIXELS), "identity, gzip"),
        (gzip.compress(PIXELS[:99]) + gzip.compress(PIXELS[99:]), "gzip"),
        (zlib.compress(PIXELS), "deflate"),
        (_raw_deflate(PIXELS), "deflate"),
    ],
)
def test_a_compressed_body_is_read(body: bytes, encoding: str) -> None:
    assert np.array_equal(decode(packed(body, encoding)).rows, SEVEN)


GOOD = gzip.compress(PIXELS)
# name -> (body, encoding, error, parts of the message)
BAD: dict[str, tuple[bytes, str, type[ServiceError], str]] = {
    "not compressed": (PIXELS, "gzip", InvalidEncoding, "not valid gzip"),
    "deflate sent as gzip": (zlib.compress(PIXELS), "gzip", InvalidEncoding, "not valid gzip"),
    "cut off": (GOOD[:-9], "gzip", InvalidEncoding, "gzip data of the body is incomplete"),
    "damaged": (GOOD[:-6] + bytes(6), "gzip", InvalidEncoding, "not valid gzip"),
    "more behind it": (zlib.compress(PIXELS) + b"more", "deflate", InvalidEncoding, "4 bytes follow"),
    "100 members": (gzip.compress(b"") * 100, "gzip", InvalidEncoding, "bytes follow"),
    "brotli": (GOOD, "br", UnsupportedMedia, "'br'"),
    "two at once": (gzip.compress(GOOD), "gzip, gzip", UnsupportedMedia, "'gzip, gzip'"),
    "a bomb": (gzip.compress(bytes(compression.MOST + 784)), "gzip", TooLarge, "the unpacked body is over 10 MiB"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_unpacked_is_refused_by_name(name: str) -> None:
    body, encoding, error, words = BAD[name]
    with pytest.raises(error, match=words):
        decode(packed(body, encoding))


def test_the_largest_body_is_unpacked() -> None:
    images = np.zeros((4096, 28, 28), dtype=np.uint8)
    assert len(decode(packed(gzip.compress(images.tobytes()), "gzip")).rows) == 4096


def test_unpacking_is_charged_as_it_goes_on() -> None:
    """A small body that unpacks to a large one is refused as soon as the client's share is used up."""
    charged: list[float] = []

    def charge(seconds: float) -> None:
        charged.append(seconds)
        if sum(charged) > 0.03:
            raise Overloaded("no time left", "try again")

    with pytest.raises(Overloaded):
        decode(packed(gzip.compress(bytes(compression.MOST)), "gzip"), charge)
    assert sum(charged) < 0.04


@pytest.mark.parametrize(
    ("accepts", "encoding"),
    [
        ("gzip", "gzip"),
        ("deflate, GZIP;q=0.5", "gzip"),
        ("gzip;q=0, deflate", "deflate"),
        ("gzip; q=0.0", ""),
        ("br", ""),
        ("", ""),
    ],
)
def test_an_answer_is_compressed_as_the_client_accepts(accepts: str, encoding: str) -> None:
    answer = Answer(b"0," * 20_000, headers={"Inference-Header-Content-Length": "9"})
    sent = compression.compressed(answer, {"accept-encoding": accepts})
    assert sent.headers.get("Content-Encoding", "") == encoding
    assert sent.headers["Inference-Header-Content-Length"] == "9"
    window = {"gzip": 31, "deflate": 15}.get(encoding)
    assert (zlib.decompress(sent.body, window) if window else sent.body) == answer.body
    assert not encoding or len(sent.body) < 2000


def test_nothing_is_said_of_a_body_that_is_not_compressed() -> None:
    assert np.array_equal(decode(raw(SEVEN)).rows, SEVEN)
