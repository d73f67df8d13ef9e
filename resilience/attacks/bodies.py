"""Bodies of attacks: one for each line of the catalogue that sends whole requests."""

import base64
import gzip
from collections.abc import Callable

import orjson

from resilience.attacks.images import File
from resilience.attacks.posts import EXPLANATIONS, JSON, Post

Maker = Callable[[], Post]

MOST = 10_485_760  # bytes of a body
SMALL = 15_000  # a body that fits into the gateway's buffer
IMAGES = 4096  # of one request
_V2 = "/v2/models/digits/infer"
_BOUNDARY = "digits"
_DEPTH = 500  # of nested lists: parsers stop at 1024


def image(file: File) -> Maker:
    """Return the maker of a request with one image file."""
    return lambda: Post(file())


def instances(file: File, count: int = IMAGES) -> Maker:
    """Return the maker of one request with many copies of an image file."""

    def make() -> Post:
        text = base64.b64encode(file()).decode()
        return Post(orjson.dumps({"instances": [{"b64": text}] * count}), JSON)

    return make


def tensor(file: File, count: int) -> Maker:
    """Return the maker of a binary tensor of datatype BYTES (Open Inference Protocol, version 2)."""

    def make() -> Post:
        content = file()
        data = (len(content).to_bytes(4, "little") + content) * count
        one = {"name": "images", "shape": [count], "datatype": "BYTES"}
        text = orjson.dumps({"inputs": [one | {"parameters": {"binary_data_size": len(data)}}]})
        return Post(text + data, path=_V2, fields=(("Inference-Header-Content-Length", str(len(text))),))

    return make


def multipart(file: File) -> Maker:
    """Return the maker of a form with an image file."""

    def make() -> Post:
        part = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="data"; filename="a"\r\n\r\n'.encode()
        return Post(part + file() + f"\r\n--{_BOUNDARY}--\r\n".encode(), f"multipart/form-data; boundary={_BOUNDARY}")

    return make


def form_type() -> Post:
    """Return a form whose Content-Type has a quote without an end and 14,000 semicolons."""
    return Post(b"x", f'multipart/form-data; boundary={_BOUNDARY}; a="' + ";" * 14_000)


def form_parts() -> Post:
    """Return a form of 800 parts of 14 bytes."""
    line = f"--{_BOUNDARY}".encode()
    return Post((line + b"\r\na:\r\n\r\n\r\n") * 800 + line + b"--\r\n", f"multipart/form-data; boundary={_BOUNDARY}")


def text(content: bytes) -> Maker:
    """Return the maker of a request with a text that is neither an example nor JSON."""
    return lambda: Post(content)


def shape() -> Post:
    """Return a tensor whose shape's product has 500,000 digits."""
    sides = b",9223372036854775807" * 9_000
    return Post(b'{"inputs":[{"name":"pixels","datatype":"FP32","data":[1],"shape":[-1' + sides + b"]}]}", JSON, _V2)


def packed(content: Callable[[], bytes]) -> Maker:
    """Return the maker of a request with a gzip body."""
    return lambda: Post(gzip.compress(content()), JSON, fields=(("Content-Encoding", "gzip"),))


def lists() -> bytes:
    """Return JSON of 200,000 empty lists."""
    return b'{"x":[' + b"[]," * 200_000 + b"0]}"


def data_url() -> Post:
    """Return a data: URL of 10 MB of escapes."""
    head, tail = b'{"instances":[{"b64":"data:image/png;base64,', b'"}]}'
    return Post(head + b"%41" * ((MOST - 100) // 3) + tail, JSON)


SPACES = b"A" + b" " * 11_000 + b"!"  # looks like base64 until its end
COMMENTS = b"P1 " + b"# " * 100 + b"x"  # a PNM file's comments, which may be told apart in many ways


def json(unit: bytes, size: int) -> Maker:
    """Return the maker of JSON of about ``size`` bytes: a list of instances that all are the same text."""

    def make() -> Post:
        count = (size - 100) // (len(unit) + 1)
        return Post(b'{"instances":[' + b",".join([unit] * count) + b"]}", JSON)

    return make


NESTED = b"[" * _DEPTH + b"]" * _DEPTH
OBJECT = b"{}"
FLOAT = b"0.5"


def explained(make: Maker, query: str) -> Maker:
    """Return the maker of the same request for an explanation."""
    return lambda: make()._replace(path=f"{EXPLANATIONS}?{query}")


def raw(pixels: File) -> Maker:
    """Return the maker of a request with raw pixels."""
    return lambda: Post(pixels())
