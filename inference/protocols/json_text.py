"""The JSON of any request, parsed within bounds."""

import gc
from typing import Any

import orjson

from inference.errors import TooLarge

_MOST_MARKS = 600_000  # 730 images of 28x28x1 have as many; 4,096 images of 28 rows have 119 thousand
_HINT = "send fewer images a request, each as 784 numbers or as 28 rows of 28"


def parse(text: bytes) -> Any:
    """Return the value of a JSON text.

    Raises orjson.JSONDecodeError, and TooLarge, before parsing, for more lists, objects and strings than images need.
    """
    marks = text.count(b"[") + text.count(b"{") + text.count(b'"')
    if marks > _MOST_MARKS:
        raise TooLarge(f"the JSON has {marks:,} brackets, braces and quotes, more than {_MOST_MARKS:,}", _HINT)
    collected = gc.isenabled()
    gc.disable()  # else new lists start collections that take longer than the parsing
    try:
        return orjson.loads(text)
    finally:
        if collected:
            gc.enable()
