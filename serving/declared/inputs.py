"""Inputs of a declared model: the declaration in its folder, checked against its graph."""

from collections.abc import Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

import numpy as np

from inference.declared.declaration import TENSORS, Declaration, ImageInput
from inference.errors import InvalidNumbers
from inference.inputs.named import FREE, NamedInput, Tensor
from inference.protocols.named_values import ValuesReader
from serving.declared.errors import DeclarationError
from serving.declared.folder import FILE, Declared, Stated
from serving.declared.graph import OnnxGraph, refused, shown_shape

_MOST_NUMBERS = 1 << 22  # most numbers of one example
NEVER_ROWS = ("BOOL", "BYTES")  # datatypes that requests always send by input name
_IMAGE_TYPES = ("FP32", "FP16", "FP64", "UINT8")


def resolve(declared: Declared, graph: OnnxGraph) -> tuple[Declaration, bool]:
    """Return a declaration with only the inputs, and False if the graph accepts only one example at a time.

    Raises DeclarationError if an input cannot be served, or differs from what the folder states.
    """
    tensors = [value.tensor for value in graph.inputs]
    by_name = _are_named(declared, tensors)
    if by_name and (declared.columns or declared.image):
        raise _no_rows("columns" if declared.columns else "an image", tensors)
    if refusals := refused("input", graph.inputs):
        raise DeclarationError(refusals)
    if not tensors:
        raise DeclarationError("the network has no input: its outputs are constant")
    _check_names(declared, [tensor.name for tensor in tensors])
    axes = [_axis(tensor, _stated(declared, tensor)) for tensor in tensors]
    if (not by_name and axes != [0]) or all(axis is None for axis in axes):
        shapes = ", ".join(f"{tensor.name!r} {shown_shape(tensor)}" for tensor in tensors)
        raise DeclarationError(f"the network's inputs have no batch: {shapes}: export it with a free first dimension")
    free = any(axis is not None and tensor.shape[axis] == FREE for tensor, axis in zip(tensors, axes, strict=True))
    image = _image(declared.image, tensors[0]) if declared.image else None
    if image:
        inputs = [replace(tensors[0], shape=_image_shape(image, tensors[0].shape[1:]))]
    elif declared.columns:
        inputs = [_table(declared.columns, tensors[0])]
    else:
        given = zip(tensors, axes, strict=True)
        inputs = [example(tensor, axis, _stated(declared, tensor), batched=free) for tensor, axis in given]
    draft = Declaration(
        declared.name, inputs[0], (), TENSORS, columns=declared.columns, image=image,
        batched=free and declared.batching, inputs=tuple(inputs) if by_name else (),
        defaults=_defaults(declared, inputs) if by_name else {},
    )  # fmt: skip
    return draft, free


def _are_named(declared: Declared, tensors: Sequence[Tensor]) -> bool:
    """Return False if there is one input of numbers, whose examples have one shape."""
    if len(tensors) != 1:
        return True
    stated = _stated(declared, tensors[0])
    if tensors[0].datatype in NEVER_ROWS or stated.axis or stated.value is not None:
        return True
    known = bool(declared.columns or declared.image)
    return not known and FREE in (tensors[0].shape[1:] if stated.shape is None else stated.shape)


def _stated(declared: Declared, tensor: Tensor) -> Stated:
    return declared.inputs.get(tensor.name, Stated())


def _no_rows(what: str, tensors: Sequence[Tensor]) -> DeclarationError:
    names = ", ".join(repr(tensor.name) for tensor in tensors)
    if len(tensors) != 1:
        return DeclarationError(f"{FILE} [input]: {what} cannot be one of {len(tensors)} inputs: {names}")
    return DeclarationError(
        f"{FILE} [input]: {what} cannot be the input {names} of {tensors[0].datatype}: leave it out, and send the "
        "input by name"
    )


def _check_names(declared: Declared, names: Sequence[str]) -> None:
    """Check that the network has each stated input. Raises DeclarationError."""
    if wrong := [name for name in declared.inputs if name not in names]:
        close = get_close_matches(wrong[0], names, 1) or names
        raise DeclarationError(
            f"{FILE} [inputs]: the network has no input {wrong[0]!r:.60}; did you mean {close[0]!r}?"
        )


def _axis(tensor: Tensor, stated: Stated) -> int | None:
    """Return the batch dimension, stated or derived."""
    sides = tensor.shape
    if stated.axis is None:
        return batch_axis(tensor)
    if stated.axis >= len(sides) or sides[stated.axis] not in (FREE, 1):
        raise DeclarationError(
            f"{FILE} [inputs.{tensor.name}]: axis is {stated.axis}, and the network's input has the shape "
            f"{shown_shape(tensor)}"
        )
    return stated.axis


def batch_axis(tensor: Tensor) -> int | None:
    """Return the dimension that may be the batch: the first if its side is free or 1, or else the first free one."""
    sides = tensor.shape
    if sides and sides[0] in (FREE, 1):
        return 0
    return sides.index(FREE) if FREE in sides else None


def example(tensor: Tensor, axis: int | None, stated: Stated, *, batched: bool) -> Tensor:
    """Return the input with the shape of one example. A side of 1 is no batch if another input has a free batch."""
    sides = list(tensor.shape)
    if axis is not None and batched and sides[axis] != FREE:
        axis = None
    if axis is not None:
        del sides[axis]
    if stated.shape is not None:
        if not _fits(stated.shape, sides):
            raise DeclarationError(
                f"{FILE} [inputs.{tensor.name}]: shape is {list(stated.shape)} an example, and the network's input has "
                f"the shape {shown_shape(tensor)}"
            )
        sides = list(stated.shape)
    size = int(np.prod([side for side in sides if side != FREE], dtype=np.float64))
    if not 0 < size <= _MOST_NUMBERS:
        raise DeclarationError(f"an example of the shape {sides} has {size} numbers; 1 to {_MOST_NUMBERS} are allowed")
    return replace(tensor, shape=tuple(sides), axis=axis)


def _fits(shape: Sequence[int], sides: Sequence[int]) -> bool:
    """Return whether a network with these sides accepts a shape."""
    return len(shape) == len(sides) and all(own in (FREE, side) for own, side in zip(sides, shape, strict=True))


def _defaults(declared: Declared, inputs: Sequence[Tensor]) -> dict[str, Any]:
    defaults = {}
    for tensor in inputs:
        value = _stated(declared, tensor).value
        if value is not None:
            one_for_all = not isinstance(value, list) and FREE not in tensor.shape
            given = NamedInput(tensor.name, tensor.datatype, () if one_for_all else tensor.shape, tensor.axis)
            try:
                ValuesReader(given, "").read([value], ["its example"])
            except InvalidNumbers as error:
                raise DeclarationError(f"{FILE} [inputs.{tensor.name}]: value: {error.message}") from error
            defaults[tensor.name] = value
    return defaults


def _table(columns: Sequence[str], tensor: Tensor) -> Tensor:
    if not _fits((len(columns),), tensor.shape[1:]):
        raise DeclarationError(f"{FILE} [input]: columns has {len(columns)} names, and {_described(tensor)}")
    return replace(tensor, shape=(len(columns),))


def _image(image: ImageInput, tensor: Tensor) -> ImageInput:
    """Return the declared preprocessing, with sizes from the graph where they are missing."""
    sides = tensor.shape[1:]
    if tensor.datatype not in _IMAGE_TYPES or len(sides) not in ((2, 3) if image.channels == 1 else (3,)):
        raise DeclarationError(
            f"the network's input {tensor.name!r} is {tensor.datatype} {shown_shape(tensor)}, which takes no image of "
            f"color {image.color}"
        )
    channels, plane = image.channels, sides
    if len(sides) == 3:
        channels, plane = (sides[0], sides[1:]) if _channels_first(image, sides) else (sides[2], sides[:2])
    if channels not in (FREE, image.channels):
        raise DeclarationError(
            f"{FILE} [input]: an image of color {image.color} has {image.channels} channels, and {_described(tensor)}"
        )
    if image.shortest_edge is None and image.size is None and image.crop_size is None:
        if FREE in plane:
            raise DeclarationError(f"{FILE} [input]: image has no size, and the network takes any: state size")
        image = replace(image, size=(plane[0], plane[1]))
    final = image.crop_size or image.size or (0, 0)
    if not _fits(final, plane):
        raise DeclarationError(f"{FILE} [input]: images become {final[0]}x{final[1]} pixels, and {_described(tensor)}")
    return image


def _image_shape(image: ImageInput, sides: Sequence[int]) -> tuple[int, ...]:
    """Return the shape of one image in the layout of the network."""
    plane = image.crop_size or image.size or (0, 0)
    if len(sides) != 3:
        return plane
    return (image.channels, *plane) if _channels_first(image, sides) else (*plane, image.channels)


def _channels_first(image: ImageInput, sides: Sequence[int]) -> bool:
    """Return True for (channels, height, width), as in PyTorch, and False for (height, width, channels)."""
    return sides[0] == image.channels or sides[2] != image.channels


def _described(tensor: Tensor) -> str:
    return f"the network's input {tensor.name!r} has the shape {shown_shape(tensor)}"
