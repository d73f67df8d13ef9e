"""Additions to docs/openapi.yaml for schemathesis: bodies that pass the first checks of the server, and two checks.

This module runs in the environment of schemathesis, so it imports nothing of this repository. Environment variables:

    FUZZ_SAMPLES   folder of valid bodies
    FUZZ_ANSWERS   file that gets the number of answers of each status by operation
"""

import atexit
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import strategies as st

_SAMPLES = {path.name: path.read_bytes() for path in Path(os.environ["FUZZ_SAMPLES"]).iterdir()}
_TREES = [json.loads(content) for name, content in sorted(_SAMPLES.items()) if name.endswith(".json")]
_FILES = [content for name, content in sorted(_SAMPLES.items()) if not name.endswith(".json")]
_IMAGES = ("image/png", "image/jpeg", "image/gif", "image/bmp", "image/webp", "image/tiff")
_DOCUMENTED = (501, 503, 507)  # statuses for a missing feature, a service that is not ready, and a full disk
_MOST_BYTES = 10 << 20
_PNG = b"\x89PNG\r\n\x1a\n"
_LENGTH = "inference-header-content-length"

_junk = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),  # JSON has no NaN and no infinity
    st.text(max_size=20),
    st.sampled_from([[], {}, [[]], {"b64": "AAAA"}, -1, 256, 2**64, 1e308, "0" * 5000]),
)


@st.composite
def mutated_bytes(draw: st.DrawFn) -> bytes:
    """Return a valid body with up to six places overwritten, cut, repeated or filled."""
    data = bytearray(draw(st.sampled_from(_FILES)))
    for _ in range(draw(st.integers(0, 6))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 32)))
        data[start:end] = draw(st.one_of(st.binary(max_size=32), st.just(bytes(data[start:end] * 3))))
    return bytes(data)


@st.composite
def mutated_tree(draw: st.DrawFn) -> Any:
    """Return a valid JSON body with up to three members replaced."""
    tree = json.loads(json.dumps(draw(st.sampled_from(_TREES))))
    for _ in range(draw(st.integers(0, 3))):
        holder: Any = tree
        while True:
            keys = list(holder) if isinstance(holder, dict) else range(len(holder))
            key = draw(st.sampled_from(keys)) if keys else None
            if key is None or not isinstance(holder[key], dict | list) or draw(st.booleans()):
                break
            holder = holder[key]
        if key is not None:
            holder[key] = draw(_junk)
    return tree


for _kind in (*_IMAGES, "application/octet-stream"):
    schemathesis.openapi.media_type(_kind, mutated_bytes())


@schemathesis.hook
def flatmap_body(_context: Any, body: Any) -> Any:
    """Make half of the JSON bodies from valid ones, because the server can decode few bodies made from a schema."""
    return st.one_of(st.just(body), mutated_tree()) if isinstance(body, dict) else st.just(body)


@schemathesis.hook
def filter_body(_context: Any, body: Any) -> bool:
    """Drop bodies over the size limit, because TorchServe closes the connection while they are sent."""
    return not isinstance(body, dict) or len(json.dumps(body, default=str)) < _MOST_BYTES


@schemathesis.check
def is_no_fault(_context: Any, response: Any, _case: Any) -> None:
    """Check that a 5xx is one of the documented statuses."""
    assert response.status_code < 500 or response.status_code in _DOCUMENTED, f"a fault: {response.status_code}"


@schemathesis.check
def is_whole(_context: Any, response: Any, _case: Any) -> None:
    """Check that a PNG is complete, and that a binary answer has all bytes of its tensors."""
    headers = {name.lower(): values[0] for name, values in response.headers.items()}
    if headers.get("content-type") == "image/png":
        assert response.content.startswith(_PNG), "no PNG"
        assert response.content.endswith(b"IEND\xaeB`\x82"), "a PNG without its end"
    if _LENGTH in headers:
        head = json.loads(response.content[: int(headers[_LENGTH])])
        sizes = [output.get("parameters", {}).get("binary_data_size", 0) for output in head["outputs"]]
        assert len(response.content) == int(headers[_LENGTH]) + sum(sizes), "bytes too few or too many"


_answers: Counter[tuple[str, int]] = Counter()


@schemathesis.hook
def after_call(_context: Any, case: Any, response: Any) -> None:
    _answers[case.operation.label, response.status_code] += 1


@atexit.register
def _write() -> None:
    content = [[operation, status, count] for (operation, status), count in sorted(_answers.items())]
    Path(os.environ["FUZZ_ANSWERS"]).write_text(json.dumps(content))
