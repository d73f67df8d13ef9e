"""The JSON of any request, parsed within bounds."""

import gc
from typing import Any

import orjson

from inference.cost import Charge, free
from inference.errors import TooLarge

_MOST_MARKS = 600_000  # 4,096 examples of 100 lists each have 410 thousand
_SHORT = 1 << 14  # bytes: cost little
_NUMBER_SECONDS = 6e-8  # to parse a number and to convert it; a fraction that is scaled takes three times as long
_LEAST_SECONDS, _MOST_SECONDS = 0.001, 0.03  # charged: even where others wait, one long text passes
_SMALL = 1 << 16  # bytes: has too few lists for collections to take long


def parse(text: bytes, hint: str, charge: Charge = free) -> Any:
    """Return the value of a JSON text.

    charge  called with the estimated CPU seconds of a long text before it is parsed; what it raises is passed on

    Raises orjson.JSONDecodeError, and TooLarge, before parsing, for more lists, objects and strings than a request
    needs; ``hint`` says what to send instead.
    """
    if len(text) > _SHORT and (seconds := text.count(b",") * _NUMBER_SECONDS) > _LEAST_SECONDS:
        charge(min(seconds, _MOST_SECONDS))
    if len(text) <= _SMALL:
        return orjson.loads(text)
    marks = text.count(b"[") + text.count(b"{") + text.count(b'"')
    if marks > _MOST_MARKS:
        raise TooLarge(f"the JSON has {marks:,} brackets, braces and quotes, more than {_MOST_MARKS:,}", hint)
    collected = gc.isenabled()
    gc.disable()  # else new lists start collections that take longer than the parsing
    try:
        return orjson.loads(text)
    finally:
        if collected:
            gc.enable()
