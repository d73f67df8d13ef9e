"""Requests that are short, but need far more memory or time than their size suggests."""

import json

import psutil
from PIL import Image

from tests import bombs
from tests.pictures import digit, png, saved

from ..conftest import Client

MOST_RSS = 32 << 20  # bytes that a worker may grow by, over all bombs, after it has served each of them once


def bombs_by_name() -> dict[str, bytes]:
    """Return requests that are short, but need far more memory or time than their size suggests."""
    largest = saved(Image.new("L", (4096, 4096)), "PNG")
    return {
        "30,000 x 30,000 PNG": png(30_000, 30_000, 8, 0, b"\0"),
        "the largest PNG allowed, all black": largest,
        "PNG with 32 MiB of compressed text": bombs.text_png(32 << 20),
        "PNG with 32 MiB of colour profile": bombs.profile_png(32 << 20),
        "PNG with far more rows than it says": png(28, 28, 8, 0, bytes(32 << 20)),
        "GIF of 500 frames": bombs.gif(500),
        "GIF of 65,535 x 65,535": bombs.wide(saved(digit(7), "GIF"), 6, 2),
        "TIFF of 500 pages": bombs.tiff(500),
        "TIFF whose pages go round in a circle": bombs.circular_tiff(),
        "TIFF of 4 GiB strips": bombs.strip_tiff(),
        "BMP of 65,535 x 65,535": bombs.wide(saved(digit(7), "BMP"), 18, 4),
        "JSON 5 million deep": b'{"x":' + b"[" * 5_000_000,
        "JSON 1,000 deep": b'{"x":' + b"[" * 1000 + b"]" * 1000 + b"}",
        "a number of 5 million digits": b'{"x":[' + b"9" * 5_000_000 + b"]}",
        "numbers of 1e308": json.dumps({"x": [1e308] * 784}).encode(),
        "a tensor of 10^18 images": b'{"inputs":[{"shape":[1000000000000000000,784],"datatype":"FP32","data":[]}]}',
        "a tensor of negative size": b'{"inputs":[{"shape":[-1,784],"datatype":"FP32","data":[]}]}',
        "4,096 files of one pixel": bombs.instances([saved(Image.new("L", (1, 1)), "GIF")] * 4096),
        "five of the largest PNGs": bombs.instances([largest] * 5),
        "a million keys": json.dumps(dict.fromkeys(map(str, range(500_000)), 0)).encode(),
    }


def test_bombs_are_answered_and_leave_the_workers_memory_as_it_was(attacked: Client) -> None:
    thrown = bombs_by_name()
    (worker,) = map(psutil.Process, attacked.workers())

    def throw() -> int:
        for name, bomb in thrown.items():
            kind = "application/json" if bomb.startswith(b"{") else "application/octet-stream"
            answer = attacked.predict(bomb, kind)
            assert answer.status_code in (200, 400, 413), (name, answer.text[:200])
        return worker.memory_info().rss

    first = throw()
    assert max(throw() for _ in range(3)) < first + MOST_RSS
