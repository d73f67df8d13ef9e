"""Datatypes of the Open Inference Protocol in which requests may send the numbers of an input."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from inference.inputs.named import BOOLEAN, DTYPES, TEXT
from inference.protocols.numbers import Limits
from inference.spec import InputSpec
from inference.treatment import Treatment

_FRACTIONS = "FP32"  # datatype of fractions, 0..1, for inputs with a scale
_DTYPES = {name: np.dtype(text) for name, text in DTYPES.items() if name not in (BOOLEAN, TEXT)}


@dataclass(frozen=True)
class Datatype:
    """Form of the numbers in one datatype.

    scale  factor by which the numbers are multiplied; None: no factor
    whole  True if a datatype of floats must hold whole numbers, because the network takes integers
    """

    name: str
    dtype: np.dtype[Any]
    limits: Limits
    scale: float | None
    treatment: Treatment
    whole: bool = False

    @cached_property
    def integers(self) -> bool:
        return self.dtype.kind != "f"

    @cached_property
    def any_bytes(self) -> bool:
        return self.dtype == np.uint8 and self.limits == (0, 255)


def datatypes(given: InputSpec) -> list[Datatype]:
    """Return the documented datatypes of an input: its own and, if it has a scale, fractions."""
    own = Datatype(given.datatype, given.dtype, given.limits, None, given.treatment(given.datatype))
    if given.scale is None or given.datatype == _FRACTIONS:
        return [own]
    return [own, _fractions(given, _FRACTIONS)]


def readable(given: InputSpec) -> dict[str, Datatype]:
    """Return all accepted datatypes by name. In undocumented datatypes, each number must fit the input."""
    conversions = {name: _further(given, name) for name in _DTYPES} if given.dtype.kind in "iuf" else {}
    return conversions | {kind.name: kind for kind in datatypes(given)}


def _further(given: InputSpec, name: str) -> Datatype:
    dtype = _DTYPES[name]
    if dtype.kind == "f" and given.scale is not None:
        return _fractions(given, name)
    whole = dtype.kind == "f" and given.dtype.kind != "f"
    return Datatype(name, dtype, given.limits, None, given.treatment(name), whole)


def _fractions(given: InputSpec, name: str) -> Datatype:
    return Datatype(name, _DTYPES[name], (0.0, 1.0), given.scale, given.treatment(name))
