"""Datatypes of the Open Inference Protocol in which an input's numbers may come."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from inference.inputs.named import BOOLEAN, DTYPES, TEXT
from inference.protocols.numbers import Limits
from inference.spec import InputSpec
from inference.treatment import Treatment

_FRACTIONS = "FP32"  # 0..1, of inputs that have a scale
_DTYPES = {name: np.dtype(text) for name, text in DTYPES.items() if name not in (BOOLEAN, TEXT)}


@dataclass(frozen=True)
class Datatype:
    """Form of the numbers of one datatype, and the factor that they are multiplied by.

    whole  True if fractions are refused though the datatype has them: the network takes whole numbers
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
    """The datatypes that an input is described with: its own and, of an input with a scale, fractions."""
    own = Datatype(given.datatype, given.dtype, given.limits, None, given.treatment(given.datatype))
    if given.scale is None or given.datatype == _FRACTIONS:
        return [own]
    return [own, _fractions(given, _FRACTIONS)]


def readable(given: InputSpec) -> dict[str, Datatype]:
    """All datatypes that are read, by name: further ones if each number is one that the input may have."""
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
