"""The JSON of any request, parsed within bounds."""

import gc
import re
from typing import Any, NamedTuple

import numpy as np
import orjson

from inference.cost import Charge, free
from inference.errors import TooLarge

_MOST_MARKS = 600_000  # 4,096 examples of 100 lists each have 410 thousand
_SHORT = 1 << 14  # bytes: cost little
_NUMBER_SECONDS = 6e-8  # to parse a number and to convert it; a fraction that is scaled takes three times as long
_LEAST_SECONDS, _MOST_SECONDS = 0.001, 0.03  # charged: even where others wait, one long text passes
_SMALL = 1 << 16  # bytes: has too few lists for collections to take long; fits into a core's cache
_MISTAKES = (
    (
        re.compile(rb"[\[:,\s][-+]?(?:NaN|Infinity|nan|inf)\s*[,\]}]"),
        "JSON has no NaN and no Infinity: replace each by a number",
    ),
    (re.compile(rb"[\[:,\s](?:None|True|False)\s*[,\]}]"), "send what json.dumps writes, not Python's str"),
    (re.compile(rb"[{\[]\s*'"), "JSON has double quotes: send what json.dumps writes, not Python's str"),
    (re.compile(rb",\s*[\]}]"), "remove the comma before the closing bracket"),
    (re.compile(rb"\}\s*\{"), 'send the lines as one object: {"instances": [...]}'),
)


class JsonObject(NamedTuple):
    """The JSON object of a request.

    booleans  whether there may be true or false among its numbers: to Python they would be 1 and 0
    charge    called with the estimated CPU seconds before each file in it is decoded; what it raises is passed on
    """

    members: dict[str, Any]
    booleans: bool
    charge: Charge

    @classmethod
    def of(cls, members: dict[str, Any], text: bytes, charge: Charge) -> "JsonObject":
        """Return the object that was parsed from a text."""
        return cls(members, b"true" in text or b"false" in text, charge)


def mistake(text: bytes) -> str:
    """Return a hint on the likely mistake in a text that is no JSON; empty if none is known."""
    start = text[:_SMALL]
    return next((hint for pattern, hint in _MISTAKES if pattern.search(start)), "")


def parse(text: bytes, hint: str, charge: Charge = free) -> Any:
    """Return the value of a JSON text.

    charge  called with the estimated CPU seconds of a long text before it is parsed; what it raises is passed on

    Raises orjson.JSONDecodeError, and TooLarge, before parsing, for more lists, objects and strings than a request
    needs; ``hint`` says what to send instead.
    """
    if len(text) > _SHORT and (seconds := _count(text, b",") * _NUMBER_SECONDS) > _LEAST_SECONDS:
        charge(min(seconds, _MOST_SECONDS))
    if len(text) <= _SMALL:
        return orjson.loads(text)
    marks = _count(text, b'[{"')
    if marks > _MOST_MARKS:
        raise TooLarge(f"the JSON has {marks:,} brackets, braces and quotes, more than {_MOST_MARKS:,}", hint)
    collected = gc.isenabled()
    gc.disable()  # else new lists start collections that take longer than the parsing
    try:
        return orjson.loads(text)
    finally:
        if collected:
            gc.enable()


def _count(text: bytes, characters: bytes) -> int:
    """Return how many bytes are one of the characters, several times as fast as ``bytes.count`` where many are."""
    codes = np.frombuffer(text, dtype=np.uint8)
    blocks = (codes[start : start + _SMALL] for start in range(0, len(codes), _SMALL))
    return sum(int(np.count_nonzero(block == character)) for block in blocks for character in characters)
