"""Inputs by name as a folder declares them, in ``model.toml`` under ``[inputs.NAME]``."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from inference.declared.declaration import DTYPES
from inference.inputs.named import FREE
from serving.declared.section import Section, shown

_KEYS = ("shape", "datatype", "axis", "value")
_MOST_DIMENSIONS = 8
_MOST_SIDE = 1 << 22


@dataclass(frozen=True)
class Stated:
    """Declared input. None means not declared.

    shape     of one example, FREE for a side that may vary
    datatype  of a network from Python
    axis      of the batch in the network's tensor
    value     for requests that leave the input out
    """

    shape: tuple[int, ...] | None = None
    datatype: str | None = None
    axis: int | None = None
    value: Any = None


def read(top: Section) -> Mapping[str, Stated]:
    """Return the stated inputs by name, in their order."""
    names = top.names("inputs")
    inputs = top.section("inputs", names)
    return {name: _stated(inputs.section(name, _KEYS)) for name in names}


def _stated(section: Section) -> Stated:
    shape = section.value("shape")
    if shape is not None:
        if not isinstance(shape, list) or len(shape) > _MOST_DIMENSIONS or not all(map(_is_side, shape)):
            raise section.error(
                f"shape must be a list of up to {_MOST_DIMENSIONS} whole numbers from 1 to {_MOST_SIDE}, or {FREE} for "
                f"a side that may vary, not {shown(shape)}"
            )
        shape = tuple(shape)
    axis = section.value("axis")
    if axis is not None and (type(axis) is not int or not 0 <= axis <= _MOST_DIMENSIONS):
        raise section.error(f"axis must be a whole number from 0 to {_MOST_DIMENSIONS}, not {shown(axis)}")
    return Stated(shape, section.choice("datatype", tuple(DTYPES)), axis, section.value("value"))


def _is_side(side: object) -> bool:
    return type(side) is int and (side == FREE or 1 <= side <= _MOST_SIDE)
