"""Thousands of mutated requests to a live server: it never answers 5xx, and never restarts."""

import json
import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from .conftest import Client
from .test_dialects import image_file

REQUESTS = 4_000
PER_EXAMPLE = 40  # requests sent at once, so that they share batches
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP")
CONTENT_TYPES = (
    "application/octet-stream",
    "application/json",
    "image/png",
    "image/jpeg",
    "text/plain",
    "multipart/form-data; boundary=b",
    "application/vnd.x+json",
    "nonsense",
    "",
)
PATHS = ("/predictions/digits", "/predictions/digits/1.0", "/v1/models/digits:predict", "/v2/models/digits/infer")
HEADERS = ("describe", "explain", "body", "data", "Inference-Header-Content-Length", "Content-Encoding", "url_path")
VALUES = ("True", "0", "17", "999999999999", "-1", "x", "gzip", "identity")
JUNK: list[Any] = [None, True, -1, 256, 0.5, 1e308, "7", "", [], {}, [[]], {"b64": "AAAA"}, {"b64": 7}, "é" * 50, 2**70]


@dataclass
class Request:
    path: str
    content: bytes
    headers: dict[str, str]


def mutated_bytes(rng: random.Random, content: bytes) -> bytes:
    """Flip, cut, repeat or insert bytes, up to six times."""
    data = bytearray(content)
    for _ in range(rng.randrange(7)):
        at = rng.randrange(len(data) + 1)
        end = min(len(data), at + rng.randrange(1, 40))
        kind = rng.randrange(4)
        if kind == 0:
            data[at:end] = rng.randbytes(end - at)
        elif kind == 1:
            del data[at:end]
        elif kind == 2:
            data[at:at] = data[at:end] * rng.randrange(1, 4)
        else:
            data[at:at] = rng.choice([b"\0", b"\xff", b"[", b"{", b'"', b",", b"\r\n--b", b"NaN", b"1e999"])
    return bytes(data)


def mutated_json(rng: random.Random, value: Any) -> Any:
    """Replace random members of the tree by junk, and drop others."""
    if rng.random() < 0.03:
        return rng.choice(JUNK)
    if isinstance(value, dict):
        return {key: mutated_json(rng, member) for key, member in value.items() if rng.random() > 0.03}
    if isinstance(value, list) and len(value) > 1:
        changed = list(value)
        for _ in range(rng.randrange(3)):
            at = rng.randrange(len(changed))
            changed[at] = mutated_json(rng, changed[at])
        return changed[: rng.choice([len(changed), len(changed), len(changed) - 1])]
    return value


@cache
def seeds(pixels: bytes) -> list[Callable[[random.Random], tuple[bytes, str]]]:
    """Return functions that make a valid request of each dialect, as (body, content type)."""
    flat = list(pixels)
    square = [flat[start : start + 28] for start in range(0, 784, 28)]
    tensor = {"name": "p", "shape": [1, 784], "datatype": "UINT8", "data": flat}
    floats = tensor | {"datatype": "FP32", "shape": [1, 1, 28, 28], "data": [pixel / 255 for pixel in flat]}
    trees = [
        {"x": flat},
        {"x": [square, square]},
        {"instances": [flat, square]},
        {"id": "1", "inputs": [tensor], "outputs": [{"name": "digit", "parameters": {"binary_data": True}}]},
        {"inputs": [floats], "parameters": {"binary_data_output": True}},
    ]
    files = [image_file(pixels, format_) for format_ in FORMATS]
    form = b'--b\r\nContent-Disposition: form-data; name="data"; filename="a"\r\n\r\n' + files[0] + b"\r\n--b--\r\n"
    return [
        lambda rng: (json.dumps(mutated_json(rng, rng.choice(trees))).encode(), "application/json"),
        lambda rng: (mutated_bytes(rng, json.dumps(rng.choice(trees)).encode()), "application/json"),
        lambda rng: (mutated_bytes(rng, rng.choice(files)), "image/png"),
        lambda rng: (mutated_bytes(rng, pixels * rng.randrange(1, 4)), "application/octet-stream"),
        lambda rng: (mutated_bytes(rng, form), "multipart/form-data; boundary=b"),
    ]


def request(rng: random.Random, pixels: bytes) -> Request:
    content, content_type = rng.choice(seeds(pixels))(rng)
    headers = {"Content-Type": rng.choice(CONTENT_TYPES) if rng.random() < 0.15 else content_type}
    if rng.random() < 0.15:
        headers[rng.choice(HEADERS)] = rng.choice(VALUES)
    return Request(rng.choice(PATHS), content, headers)


def send(client: Client, message: Request) -> httpx.Response:
    return client.http.post(message.path, content=message.content, headers=message.headers)


@pytest.mark.timeout(600)
def test_thousands_of_mutated_requests(digits: Client, seven: bytes) -> None:
    workers = digits.workers()
    statuses: Counter[int] = Counter()

    @settings(
        max_examples=REQUESTS // PER_EXAMPLE,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(st.integers(0, 2**64))
    def throw(seed: int) -> None:
        rng = random.Random(seed)
        messages = [request(rng, seven) for _ in range(PER_EXAMPLE)]
        with ThreadPoolExecutor(16) as pool:
            witness = pool.submit(digits.predict, seven)
            answers = list(pool.map(lambda one: send(digits, one), messages))
        for one, answer in zip(messages, answers, strict=True):
            statuses[answer.status_code] += 1
            assert answer.status_code < 500, (one, answer.text)
            if answer.is_error:
                assert answer.json()["code"] == answer.status_code, (one, answer.text)
        assert witness.result().json()["digit"] == 7

    throw()
    assert statuses.total() >= REQUESTS
    assert min(statuses[200], statuses[400]) > REQUESTS // 20, "the mutations are neither all harmless nor all fatal"
    assert digits.workers() == workers
    print(f"\n{statuses.total()} mutated requests: {dict(sorted(statuses.items()))}")
