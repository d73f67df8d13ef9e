"""Resolved declaration of a model: a JSON file in the archive that a worker reads once, when it starts."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from inference import files
from inference.inputs.named import FREE, NamedInput, Tensor

FILE = "declaration.json"
LOGITS, PROBABILITIES, VALUES, TENSORS = KINDS = ("logits", "probabilities", "values", "tensors")
COLORS = {"RGB": 3, "L": 1}  # channels by Pillow's mode
RESAMPLES = ("nearest", "lanczos", "bilinear", "bicubic", "box", "hamming")  # in the order of Pillow's numbers


@dataclass(frozen=True)
class ImageInput:
    """Preprocessing of image files, with the names of Hugging Face's ``preprocessor_config.json``.

    An image is converted to ``color``, resized, and cropped around its centre; a smaller image gets a black border.
    Each byte b of a channel then becomes (b * rescale_factor - image_mean) / image_std.

    color           RGB or L
    size            height and width; None: resized by ``shortest_edge``, or not at all
    shortest_edge   pixels of the shorter side; the longer side stays in proportion
    crop_size       height and width
    resample        one of RESAMPLES
    """

    color: str = "RGB"
    size: tuple[int, int] | None = None
    shortest_edge: int | None = None
    crop_size: tuple[int, int] | None = None
    resample: str = "bilinear"
    rescale_factor: float = 1 / 255
    image_mean: tuple[float, ...] = (0.0,)
    image_std: tuple[float, ...] = (1.0,)

    @property
    def channels(self) -> int:
        return COLORS[self.color]

    @property
    def is_scaled(self) -> bool:
        """Return True if the factor, the mean or the deviation is not the default."""
        return (self.rescale_factor, set(self.image_mean), set(self.image_std)) != (1 / 255, {0.0}, {1.0})


@dataclass(frozen=True)
class Declaration:
    """Everything that serving needs to know about a declared model.

    input        only or first input of the graph
    inputs       all inputs, if requests send them by name; empty: the only input has numbers in a fixed shape
    defaults     values of inputs that a request may leave out
    outputs      computed outputs: one for classes and values, any number for tensors
    kind         logits, probabilities, values or tensors
    labels       names of the classes
    names        names of the values; empty: answers contain a list
    columns      names of the columns of a table; empty: the input is no table
    image        preprocessing of image files; None: the input is no image
    temperature  divides logits before softmax
    threshold    least confidence, 0..1, at which a prediction counts as accepted
    batched      False for a graph that takes one example at a time
    notes        further facts for the card of the model: sources, checks
    """

    name: str
    input: Tensor
    outputs: tuple[Tensor, ...]
    kind: str
    labels: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    image: ImageInput | None = None
    temperature: float = 1.0
    threshold: float = 0.0
    batched: bool = True
    inputs: tuple[Tensor, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    notes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def has_classes(self) -> bool:
        return self.kind in (LOGITS, PROBABILITIES)

    @cached_property
    def named_inputs(self) -> tuple[NamedInput, ...]:
        """Return the inputs that requests send by name. A default of one number fills the whole example."""
        inputs = []
        for tensor in self.inputs:
            default = None
            if tensor.name in self.defaults:
                default = np.array(self.defaults[tensor.name], tensor.dtype)
                default = default if FREE in tensor.shape or default.ndim else np.full(tensor.shape, default)
            inputs.append(NamedInput(tensor.name, tensor.datatype, tensor.shape, tensor.axis, default))
        return tuple(inputs)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def content(self) -> bytes:
        """Return the bytes of the JSON file. Equal declarations have equal bytes."""
        return orjson.dumps(self.as_dict(), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> "Declaration":
        """Reverse ``as_dict``. Raises KeyError or TypeError for content that is not a declaration."""
        known = files.frozen(content)
        known |= {name: tuple(Tensor(**tensor) for tensor in known[name]) for name in ("inputs", "outputs")}
        known |= {"input": Tensor(**known["input"]), "image": known["image"] and ImageInput(**known["image"])}
        return cls(**known)


def load(path: Path) -> Declaration:
    """Read the declaration in the file ``path``. Raises ValueError if it is not valid."""
    try:
        return Declaration.of(orjson.loads(path.read_bytes()))
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is not a valid declaration: {error}") from error
