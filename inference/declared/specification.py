"""Specification of a declared model."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from inference import drift
from inference.declared import declaration as declarations
from inference.declared import explanations, statistics
from inference.declared.declaration import Declaration
from inference.declared.network import FILE, Network
from inference.errors import InvalidPixels
from inference.golden import Results
from inference.images.image_file import has_magic
from inference.inputs.image import ImageReader
from inference.inputs.named import FREE, row_dtype
from inference.spec import (
    TENSORS,
    VALUES,
    Explainer,
    InputSpec,
    ModelSpec,
    NetworkSpec,
    OutputSpec,
    Preprocessing,
    Rows,
)

_MOST_NUMBERS = 1 << 24  # in one request
_MOST_NAMED = 16  # columns in a hint


def load(path: Path) -> ModelSpec:
    """Return the specification for the declaration in the file ``path``. Raises ValueError if it is not valid."""
    return of(declarations.load(path))


def of(declaration: Declaration) -> ModelSpec:
    """Return the specification for a resolved declaration."""
    preprocessing = Preprocessing()
    if declaration.image is not None:
        reader = ImageReader(declaration.image)
        preprocessing = Preprocessing(is_file=has_magic, read_file=reader.read)
    input_spec = _input(declaration)
    return ModelSpec(
        name=declaration.name,
        input=input_spec,
        inputs=declaration.named_inputs,
        output=_output(declaration),
        network=NetworkSpec(_no_bundle, _no_bundle),
        preprocessing=preprocessing,
        explanations=explanations.of(declaration, input_spec),
        load=partial(DeclaredModel.load, declaration),
    )


@dataclass(frozen=True)
class DeclaredModel:
    """Loaded declared model. ``explainer`` is None if the model has no explanations."""

    spec: ModelSpec
    sha256: str
    card: Mapping[str, Any]
    predict: Callable[[Rows], Results]
    explainer: Explainer | None = None

    @classmethod
    def load(cls, declaration: Declaration, directory: Path) -> "DeclaredModel":
        """Load a declared model from the folder of an unpacked archive. Raises ValueError or FileNotFoundError."""
        graph = (directory / FILE).read_bytes()
        network = Network(declaration, graph)
        card = declaration.as_dict()
        card |= card.pop("notes")
        spec = replace(of(declaration), drift=statistics.load(directory / drift.FILE))
        explainer = explanations.load(spec.input, network.score, directory) if spec.explanations else None
        return cls(spec, hashlib.sha256(graph).hexdigest(), card, network.predict, explainer)


def _input(declaration: Declaration) -> InputSpec:
    if declaration.inputs:
        return _examples(declaration)
    return _image(declaration) if declaration.image else _numbers(declaration)


def _examples(declaration: Declaration) -> InputSpec:
    """Return the InputSpec of named inputs, whose examples are structured values."""
    numbers = [
        np.prod([side for side in tensor.shape if side != FREE], dtype=np.int64) for tensor in declaration.inputs
    ]
    shape = (int(sum(numbers)),)
    dtype = row_dtype(declaration.named_inputs)
    return InputSpec(name=declaration.name, shape=(), dtype=dtype, most=_most(shape), example="example")


def _numbers(declaration: Declaration) -> InputSpec:
    input_spec, columns = declaration.input, declaration.columns
    named = ": " + ", ".join(columns) if 0 < len(columns) <= _MOST_NAMED else ""
    shape = input_spec.shape or (1,)
    return InputSpec(
        name=input_spec.name,
        shape=shape,
        dtype=input_spec.dtype,
        most=_most(shape),
        example="row" if len(shape) == 1 else "example",
        number="value" if columns else "number",
        meaning=named,
        columns=columns,
    )


def _image(declaration: Declaration) -> InputSpec:
    image = declaration.image
    assert image is not None
    height, width = image.crop_size or image.size or (0, 0)
    grey = image.channels == 1
    shape = (height, width) if grey else (height, width, image.channels)
    return InputSpec(
        name=declaration.input.name,
        shape=shape,
        dtype=np.dtype("u1"),
        scale=255.0,
        list_shapes=((*shape, 1),) if grey else (),
        tensor_shapes=((1, *shape), (*shape, 1)) if grey else (),
        most=_most(shape),
        example="image",
        number="pixel" if grey else "value",
        error=InvalidPixels,
    )


def _most(shape: tuple[int, ...]) -> int:
    """Return the maximum number of examples in a request, by their memory."""
    return max(1, min(4096, _MOST_NUMBERS // int(np.prod(shape, dtype=np.int64))))


def _output(declaration: Declaration) -> OutputSpec:
    if declaration.has_classes:
        return OutputSpec(declaration.labels)
    if declaration.kind == VALUES:
        return OutputSpec(kind=VALUES, names=declaration.names, tensors=(VALUES,))
    return OutputSpec(kind=TENSORS, tensors=tuple(output.name for output in declaration.outputs))


def _no_bundle(*_arguments: Any) -> NoReturn:
    raise ValueError("a declared model has no bundle")
