"""Named inputs: the folder's declaration, checked against its graph."""

from dataclasses import replace
from difflib import get_close_matches
from typing import Any

import numpy as np

from inference.declared.declaration import Tensor
from inference.declared.network import named_input
from inference.errors import InvalidNumbers
from inference.inputs.named import FREE
from inference.protocols.named_values import ValuesReader
from serving.declared.errors import DeclarationError
from serving.declared.folder import FILE, Declared
from serving.declared.graph import OnnxGraph, shape_of
from serving.declared.stated import Stated

MOST_NUMBERS = 1 << 22  # of one example
NEVER_ROWS = ("BOOL", "BYTES")  # datatypes that requests always send by name
_NONE = Stated()


def are_needed(declared: Declared, graph: OnnxGraph) -> bool:
    """Return True unless the graph has one input of numbers whose examples have one shape."""
    if len(graph.inputs) != 1:
        return True
    tensor = graph.inputs[0].tensor
    stated = declared.inputs.get(tensor.name, _NONE)
    if tensor.datatype in NEVER_ROWS or stated.axis or stated.value is not None:
        return True
    known = bool(declared.columns or declared.image)
    return not known and FREE in (tensor.shape[1:] if stated.shape is None else stated.shape)


def resolve(declared: Declared, graph: OnnxGraph) -> tuple[tuple[Tensor, ...], dict[str, Any], bool]:
    """Return the inputs, their default values, and True if the graph takes any number of examples.

    Raises DeclarationError if an input cannot be served, or is not what the folder states.
    """
    if declared.columns or declared.image:
        what = "columns" if declared.columns else "an image"
        if len(graph.inputs) == 1:
            tensor = graph.inputs[0].tensor
            raise DeclarationError(
                f"{FILE} [input]: {what} cannot be the input {tensor.name!r} of {tensor.datatype}: leave it out, and "
                "send the input by name"
            )
        raise DeclarationError(f"{FILE} [input]: {what} cannot be one of {len(graph.inputs)} inputs: {_names(graph)}")
    check_names(declared, [value.tensor.name for value in graph.inputs])
    for value in graph.inputs:
        if value.refusal:
            raise DeclarationError(f"the network's input {value.tensor.name!r} {value.refusal}")
    if not graph.inputs:
        raise DeclarationError("the network has no input: its outputs are constant")
    tensors = [value.tensor for value in graph.inputs]
    axes = {tensor.name: _axis(tensor, declared.inputs.get(tensor.name, _NONE)) for tensor in tensors}
    batched = any(
        axis is not None and tensor.shape[axis] == FREE for tensor, axis in zip(tensors, axes.values(), strict=True)
    )
    if all(axis is None for axis in axes.values()):
        shapes = ", ".join(f"{tensor.name!r} {shape_of(tensor)}" for tensor in tensors)
        raise DeclarationError(f"the network's inputs have no batch: {shapes}: export it with a free first dimension")
    inputs = tuple(
        example(tensor, axes[tensor.name], declared.inputs.get(tensor.name, _NONE), batched=batched)
        for tensor in tensors
    )
    return inputs, _defaults(declared, inputs), batched


def check_names(declared: Declared, names: list[str]) -> None:
    """Raises DeclarationError for a stated input that the network does not have."""
    for name in declared.inputs:
        if name not in names:
            close = get_close_matches(name, names, 1) or names
            raise DeclarationError(
                f"{FILE} [inputs]: the network has no input {name!r:.60}; did you mean {close[0]!r}?"
            )


def _axis(tensor: Tensor, stated: Stated) -> int | None:
    """The dimension of the batch, as it is stated or derived."""
    sides = tensor.shape
    if stated.axis is not None:
        if stated.axis >= len(sides) or sides[stated.axis] not in (FREE, 1):
            raise DeclarationError(
                f"{FILE} [inputs.{tensor.name}]: axis is {stated.axis}, and the network's input has the shape "
                f"{shape_of(tensor)}"
            )
        return stated.axis
    return batch_axis(tensor)


def batch_axis(tensor: Tensor) -> int | None:
    """Return the dimension that may be the batch: the first, or else the first that is free."""
    sides = tensor.shape
    if sides and sides[0] in (FREE, 1):
        return 0
    return sides.index(FREE) if FREE in sides else None


def example(tensor: Tensor, axis: int | None, stated: Stated, *, batched: bool) -> Tensor:
    """Return the input with the shape of one example. Beside another input's free batch, a side of 1 is no batch."""
    sides = list(tensor.shape)
    if axis is not None and batched and sides[axis] != FREE:
        axis = None
    if axis is not None:
        del sides[axis]
    if stated.shape is not None:
        if len(stated.shape) != len(sides) or any(
            own not in (FREE, side) for own, side in zip(sides, stated.shape, strict=True)
        ):
            raise DeclarationError(
                f"{FILE} [inputs.{tensor.name}]: shape is {list(stated.shape)} an example, and the network's input has "
                f"the shape {shape_of(tensor)}"
            )
        sides = list(stated.shape)
    size = int(np.prod([side for side in sides if side != FREE], dtype=np.float64))
    if not 0 < size <= MOST_NUMBERS:
        raise DeclarationError(f"an example of the shape {sides} has {size} numbers; 1 to {MOST_NUMBERS} are allowed")
    return replace(tensor, shape=tuple(sides), axis=axis)


def _defaults(declared: Declared, inputs: tuple[Tensor, ...]) -> dict[str, Any]:
    defaults: dict[str, Any] = {}
    for tensor in inputs:
        value = declared.inputs.get(tensor.name, _NONE).value
        if value is None:
            continue
        given = named_input(tensor, {})
        if not isinstance(value, list) and FREE not in given.shape:
            given = replace(given, shape=())  # one value stands for all
        try:
            ValuesReader(given, "").read([value], ["its example"])
        except InvalidNumbers as error:
            raise DeclarationError(f"{FILE} [inputs.{tensor.name}]: value: {error.message}") from error
        defaults[tensor.name] = value
    return defaults


def _names(graph: OnnxGraph) -> str:
    return ", ".join(repr(value.tensor.name) for value in graph.inputs)
