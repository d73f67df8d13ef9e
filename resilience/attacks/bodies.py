"""Bodies for attacks with complete requests."""

import base64
import gzip

import orjson

from resilience.attacks.posts import JSON, Post

MOST = 10_485_760  # bytes of a body
SMALL = 15_000  # a body that fits into the gateway's buffer
IMAGES = 4096  # images in one request
_V2 = "/v2/models/digits/infer"
_BOUNDARY = "digits"
_FORM = f"multipart/form-data; boundary={_BOUNDARY}"
_DEPTH = 500  # depth of nested lists; parsers refuse more than 1024

NESTED = b"[" * _DEPTH + b"]" * _DEPTH
LISTS = b'{"x":[' + b"[]," * 200_000 + b"0]}"
SPACES = b"A" + b" " * 11_000 + b"!"  # looks like base64 until its end
COMMENTS = b"P1 " + b"# " * 100 + b"x"  # comments of a PNM file, which a regular expression could split in many ways


def instances(file: bytes) -> Post:
    """Return one request with many copies of an image file."""
    return Post(orjson.dumps({"instances": [{"b64": base64.b64encode(file).decode()}] * IMAGES}), JSON)


def tensor(file: bytes, count: int) -> Post:
    """Return a binary tensor of datatype BYTES (Open Inference Protocol, version 2)."""
    data = (len(file).to_bytes(4, "little") + file) * count
    one = {"name": "images", "shape": [count], "datatype": "BYTES", "parameters": {"binary_data_size": len(data)}}
    text = orjson.dumps({"inputs": [one]})
    return Post(text + data, path=_V2, fields=(("Inference-Header-Content-Length", str(len(text))),))


def multipart(file: bytes) -> Post:
    """Return a form with an image file."""
    part = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="data"; filename="a"\r\n\r\n'.encode()
    return Post(part + file + f"\r\n--{_BOUNDARY}--\r\n".encode(), _FORM)


def form_type() -> Post:
    """Return a form whose Content-Type has an unclosed quote and 14,000 semicolons."""
    return Post(b"x", f'{_FORM}; a="' + ";" * 14_000)


def form_parts() -> Post:
    """Return a form of 800 parts of 14 bytes."""
    line = f"--{_BOUNDARY}".encode()
    return Post((line + b"\r\na:\r\n\r\n\r\n") * 800 + line + b"--\r\n", _FORM)


def shape() -> Post:
    """Return a tensor with so many sides that their product has 500,000 digits."""
    sides = b",9223372036854775807" * 9_000
    return Post(b'{"inputs":[{"name":"pixels","datatype":"FP32","data":[1],"shape":[-1' + sides + b"]}]}", JSON, _V2)


def packed(content: bytes) -> Post:
    """Return a request with a gzip body."""
    return Post(gzip.compress(content), JSON, fields=(("Content-Encoding", "gzip"),))


def data_url() -> Post:
    """Return a data: URL of 10 MB of escapes."""
    head, tail = b'{"instances":[{"b64":"data:image/png;base64,', b'"}]}'
    return Post(head + b"%41" * ((MOST - 100) // 3) + tail, JSON)


def json(unit: bytes, size: int) -> Post:
    """Return JSON of about ``size`` bytes: a list with the same text for each instance."""
    count = (size - 100) // (len(unit) + 1)
    return Post(b'{"instances":[' + b",".join([unit] * count) + b"]}", JSON)
