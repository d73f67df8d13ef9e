"""Input of a declared model: its folder's declaration, checked against its graph."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from inference.declared.declaration import ImageInput, Tensor
from inference.inputs.named import FREE
from serving.declared import named_inputs
from serving.declared.errors import DeclarationError
from serving.declared.folder import FILE, Declared
from serving.declared.graph import OnnxGraph, shape_of
from serving.declared.stated import Stated

_IMAGE_TYPES = ("FP32", "FP16", "FP64", "UINT8")


@dataclass(frozen=True)
class Given:
    """The resolved input.

    tensor    with the shape of one example: the only input, or the first
    free      False if the graph takes one example at a time
    batched   False if examples are run one at a time, whatever the graph takes
    image     with every side known
    inputs    all of them, if requests send them by name
    defaults  values of inputs that a request may leave out
    """

    tensor: Tensor
    free: bool
    batched: bool
    image: ImageInput | None = None
    inputs: tuple[Tensor, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)


def resolve(declared: Declared, graph: OnnxGraph) -> Given:
    """Raises DeclarationError if the graph's input cannot be served, or is not what the folder states."""
    if named_inputs.are_needed(declared, graph):
        inputs, defaults, free = named_inputs.resolve(declared, graph)
        return Given(inputs[0], free, free and declared.batching, inputs=inputs, defaults=defaults)
    value = graph.inputs[0]
    tensor = value.tensor
    if value.refusal:
        raise DeclarationError(f"the network's input {tensor.name!r} {value.refusal}")
    named_inputs.check_names(declared, [tensor.name])
    batch, *sides = tensor.shape or (0,)
    if batch not in (FREE, 1):
        raise DeclarationError(
            f"the network's input {tensor.name!r} has the shape {shape_of(tensor)}: export it with a free first "
            "dimension, the batch"
        )
    image = _image(declared, tensor, sides) if declared.image else None
    example = _filled(declared, tensor, sides, image)
    return Given(replace(tensor, shape=example), batch == FREE, batch == FREE and declared.batching, image)


def _filled(declared: Declared, tensor: Tensor, sides: list[int], image: ImageInput | None) -> tuple[int, ...]:
    """The shape of one example, without free sides."""
    if image:
        height, width = image.crop_size or image.size or (0, 0)
        own = [image.channels, height, width] if _channels_first(sides, image) else [height, width, image.channels]
        return tuple(own if len(sides) == 3 else [height, width])
    if declared.columns:
        if len(sides) != 1 or sides[0] not in (FREE, len(declared.columns)):
            raise DeclarationError(
                f"{FILE} [input]: columns has {len(declared.columns)} names, and the network's input {tensor.name!r} "
                f"has the shape {shape_of(tensor)}"
            )
        return (len(declared.columns),)
    stated = declared.inputs.get(tensor.name, Stated())
    return named_inputs.example(tensor, 0, stated, batched=tensor.shape[0] == FREE).shape


def _image(declared: Declared, tensor: Tensor, sides: list[int]) -> ImageInput:
    """The declared preprocessing with the sides that the graph knows."""
    image = declared.image
    assert image
    if tensor.datatype not in _IMAGE_TYPES or len(sides) not in ((2, 3) if image.channels == 1 else (3,)):
        raise DeclarationError(
            f"the network's input {tensor.name!r} is {tensor.datatype} {shape_of(tensor)}, which takes no image of "
            f"color {image.color}"
        )
    first = _channels_first(sides, image)
    if len(sides) == 3:
        channels = sides[0] if first else sides[2]
        if channels not in (FREE, image.channels):
            raise DeclarationError(
                f"{FILE} [input]: an image of color {image.color} has {image.channels} channels, and the network's "
                f"input {tensor.name!r} has the shape {shape_of(tensor)}"
            )
    plane = tuple(sides[1:] if first and len(sides) == 3 else sides[:2])
    if image.shortest_edge is None and image.size is None and image.crop_size is None:
        if FREE in plane:
            raise DeclarationError(f"{FILE} [input]: image has no size, and the network takes any: state size")
        image = replace(image, size=(plane[0], plane[1]))
    final = image.crop_size or image.size or (0, 0)
    if any(side not in (FREE, own) for side, own in zip(plane, final, strict=True)):
        raise DeclarationError(
            f"{FILE} [input]: images become {final[0]}x{final[1]} pixels, and the network's input {tensor.name!r} has "
            f"the shape {shape_of(tensor)}"
        )
    return image


def _channels_first(sides: list[int], image: ImageInput) -> bool:
    """Return True for (channels, height, width), as PyTorch has it, False for (height, width, channels)."""
    return len(sides) == 3 and (sides[0] == image.channels or sides[2] != image.channels)
