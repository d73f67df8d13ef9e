"""Decoding by the page: within limits, one file at a time, and equal to that of the service."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inference.http_message import Message
from inference.protocols import Request
from model import image_file, pixels
from playground import limits
from playground.decoder import UploadDecoder
from playground.refusal import Refusal
from serving import paths
from tests.messages import decode, normalised
from tests.pictures import FORMATS, digit, saved

SHAPES = [(1, 1), (1, 400), (400, 1), (20, 20), (28, 28), (29, 28), (300, 200)]


def corner(height: int, width: int) -> Image.Image:
    """Return dark ink that fills two sides of a light picture."""
    grey = np.full((height, width), 255, dtype=np.uint8)
    grey[: height // 2 + 1, : width // 2 + 1] = 0
    return Image.fromarray(grey)


def read_by_service(body: bytes) -> Request:
    return decode(Message(body, "application/octet-stream", {}))


def test_the_page_imports_nothing_that_only_a_worker_needs() -> None:
    absent = ("torch", "onnxruntime", "captum")
    modules = "playground.site, scripts.commands.playground"
    code = f"import sys; sys.modules.update(dict.fromkeys({absent})); import {modules}"
    completed = subprocess.run(
        [sys.executable, "-c", code], cwd=paths.ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert completed.returncode == 0, completed.stderr


@pytest.mark.parametrize("scale", [1, 3, 30])
@pytest.mark.parametrize("format_", FORMATS)
def test_the_service_takes_the_pixels_as_they_are(format_: str, scale: int) -> None:
    file = saved(digit(5, scale), format_)
    decoded = UploadDecoder().decode(file)
    expected = normalised(read_by_service(file))
    sent = normalised(read_by_service(decoded.png))
    np.testing.assert_array_equal(sent.rows, expected.rows)
    assert decoded.treatment == json.loads(expected.treatments[0].json)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("format_", ["PNG", "JPEG"])
def test_the_border_is_dark_whatever_is_decoded(shape: tuple[int, int], format_: str) -> None:
    """The service would normalise a light border again. A box of 20x20 reaches at most two sides of 28x28."""
    for picture in (corner(*shape), Image.fromarray(255 - np.asarray(corner(*shape)))):
        assert pixels.are_normal(UploadDecoder().decode(saved(picture, format_)).pixels[None])


@pytest.mark.parametrize("start", [b"RIFF\x1a\0\0\0WEBPVP8L", b"\x89PNG\r\n\x1a\n", b'{"x": [[', b"II*\0"])
def test_pixels_that_begin_like_a_file_are_still_pixels(start: bytes) -> None:
    grey = np.frombuffer(start.ljust(784, b"\0"), dtype=np.uint8).reshape(28, 28).copy()
    grey[8:21, 8:21] = 255  # a stroke in the middle, as in MNIST
    decoded = UploadDecoder().decode(saved(Image.fromarray(grey), "PNG"))
    np.testing.assert_array_equal(read_by_service(decoded.png).rows[0], grey)


@pytest.mark.parametrize("side", [limits.SIDE + 1, 4096])
@pytest.mark.parametrize("format_", FORMATS)
def test_more_than_a_megapixel_is_refused(format_: str, side: int) -> None:
    with pytest.raises(Refusal) as refused:
        UploadDecoder().decode(
            saved(Image.new("L", (side, side)), format_, **({"quality": 1} if format_ == "JPEG" else {}))
        )
    assert refused.value.state == "refused"
    assert "1024x1024 pixels" in refused.value.hint


@pytest.mark.parametrize("format_", FORMATS)
def test_a_megapixel_is_decoded(format_: str) -> None:
    """The browser shrinks larger pictures to this size."""
    assert UploadDecoder().decode(saved(Image.new("L", (limits.SIDE, limits.SIDE)), format_)).treatment["steps"]


def test_a_file_that_takes_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "DECODE_SECONDS", 0.001)
    with pytest.raises(Refusal, match=r"over 0\.001 s") as refused:
        UploadDecoder().decode(saved(Image.new("L", (limits.SIDE, limits.SIDE)), "PNG"))
    assert refused.value.state == "refused"


def test_files_are_decoded_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    at_once: list[int] = []
    running: list[int] = []
    read: Callable[..., Any] = image_file.read

    def counted(*arguments: Any) -> Any:
        running.append(1)
        at_once.append(len(running))
        time.sleep(0.01)
        answer = read(*arguments)
        running.pop()
        return answer

    monkeypatch.setattr(image_file, "read", counted)
    decoder, file = UploadDecoder(), saved(digit(5), "PNG")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(decoder.decode, [file] * 16))
    assert at_once == [1] * 16


def test_who_waits_too_long_is_told_that_the_page_is_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    decoder, file = UploadDecoder(), saved(digit(5), "PNG")
    reading, release = threading.Event(), threading.Event()
    read: Callable[..., Any] = image_file.read

    def slow(*arguments: Any) -> Any:
        reading.set()
        release.wait(10)
        return read(*arguments)

    monkeypatch.setattr(image_file, "read", slow)
    monkeypatch.setattr(limits, "BUSY_SECONDS", 0.05)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(decoder.decode, file)
        assert reading.wait(10)
        with pytest.raises(Refusal) as refused:
            decoder.decode(file)
        release.set()
        first.result()
    assert refused.value.state == "busy"
    decoder.decode(file)


@pytest.mark.parametrize("broken", [b"", b"no image", saved(digit(5), "PNG")[:60]])
def test_a_broken_file_leaves_the_decoder_free(broken: bytes) -> None:
    decoder = UploadDecoder()
    for _ in range(2):
        with pytest.raises(Refusal, match="image"):
            decoder.decode(broken)
    assert decoder.decode(saved(digit(5), "PNG")).treatment["format"] == "PNG"
