"""Parsing of JSON requests within limits."""

import gc
import re
from typing import Any, NamedTuple

import numpy as np
import orjson

from inference.cost import Charge, free
from inference.errors import TooLarge

_MOST_MARKS = 600_000  # brackets, braces and quotes; 4,096 examples of 100 lists each have 410,000
_SHORT = 1 << 14  # bytes: shorter texts are not charged
_NUMBER_SECONDS = 6e-8  # CPU seconds to parse and convert a number; a scaled fraction takes three times as long
_LEAST_SECONDS, _MOST_SECONDS = 0.001, 0.03  # range of a charge: the upper end admits one long text in a busy batch
_SMALL = 1 << 16  # bytes: garbage collection is short for so few lists, and the text fits into the cache of a core
_MISTAKES = (
    (
        re.compile(rb"[\[:,\s][-+]?(?:NaN|Infinity|nan|inf)\s*[,\]}]"),
        "JSON has no NaN and no Infinity: send numbers instead",
    ),
    (re.compile(rb"[\[:,\s](?:None|True|False)\s*[,\]}]"), "JSON has null, true and false: use json.dumps, not str"),
    (re.compile(rb"[{\[]\s*'"), "JSON has double quotes: use json.dumps, not str"),
    (re.compile(rb",\s*[\]}]"), "remove the comma before the closing bracket"),
    (re.compile(rb"\}\s*\{"), 'send all lines in one object: {"instances": [...]}'),
)


class JsonObject(NamedTuple):
    """JSON object of a request.

    booleans  True if the text may contain true or false, which Python would take for the numbers 1 and 0
    charge    called with the estimated CPU seconds before each file is decoded; it may raise a ServiceError
    """

    members: dict[str, Any]
    booleans: bool
    charge: Charge

    @classmethod
    def of(cls, members: dict[str, Any], text: bytes, charge: Charge) -> "JsonObject":
        """Return the object with these members, which were parsed from ``text``."""
        return cls(members, b"true" in text or b"false" in text, charge)


def mistake(text: bytes) -> str:
    """Return a hint on the likely mistake in a text that is not JSON; empty if the mistake is unknown."""
    start = text[:_SMALL]
    return next((hint for pattern, hint in _MISTAKES if pattern.search(start)), "")


def parse(text: bytes, hint: str, charge: Charge = free) -> Any:
    """Return the value of a JSON text.

    hint    says what to send instead of a text that is too large
    charge  called with the estimated CPU seconds before a long text is parsed; it may raise a ServiceError

    Raises orjson.JSONDecodeError. Raises TooLarge, before parsing, for too many lists, objects and strings.
    """
    if len(text) > _SHORT and (seconds := _count(text, b",") * _NUMBER_SECONDS) > _LEAST_SECONDS:
        charge(min(seconds, _MOST_SECONDS))
    if len(text) <= _SMALL:
        return orjson.loads(text)
    marks = _count(text, b'[{"')
    if marks > _MOST_MARKS:
        raise TooLarge(f"the JSON has {marks:,} brackets, braces and quotes, more than {_MOST_MARKS:,}", hint)
    collected = gc.isenabled()
    gc.disable()  # otherwise new lists start garbage collections that take longer than the parsing
    try:
        return orjson.loads(text)
    finally:
        if collected:
            gc.enable()


def _count(text: bytes, characters: bytes) -> int:
    """Return the number of bytes that are one of the characters. For many matches it is faster than ``bytes.count``."""
    codes = np.frombuffer(text, dtype=np.uint8)
    blocks = (codes[start : start + _SMALL] for start in range(0, len(codes), _SMALL))
    return sum(int(np.count_nonzero(block == character)) for block in blocks for character in characters)
