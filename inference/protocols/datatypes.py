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


def datatypes(spec: InputSpec) -> list[Datatype]:
    """Return the datatypes in the description of an input: its own and, if it has a scale, fractions."""
    own = Datatype(spec.datatype, spec.dtype, spec.limits, None, spec.treatment(spec.datatype))
    if spec.scale is None or spec.datatype == _FRACTIONS:
        return [own]
    return [own, _fractions(spec, _FRACTIONS)]


def readable(spec: InputSpec) -> dict[str, Datatype]:
    """Return all accepted datatypes by name, including those that can be converted to the input's own."""
    conversions = {name: _further(spec, name) for name in _DTYPES} if spec.dtype.kind in "iuf" else {}
    return conversions | {kind.name: kind for kind in datatypes(spec)}


def _further(spec: InputSpec, name: str) -> Datatype:
    dtype = _DTYPES[name]
    if dtype.kind == "f" and spec.scale is not None:
        return _fractions(spec, name)
    whole = dtype.kind == "f" and spec.dtype.kind != "f"
    return Datatype(name, dtype, spec.limits, None, spec.treatment(name), whole)


def _fractions(spec: InputSpec, name: str) -> Datatype:
    return Datatype(name, _DTYPES[name], (0.0, 1.0), spec.scale, spec.treatment(name))
