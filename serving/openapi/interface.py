"""Interface of a model, as a file in its archive: a node describes models from it without running their code."""

import logging
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import orjson

from inference import errors
from inference.explanations.query import SampleLimits
from inference.inputs.named import Tensor
from inference.spec import InputSpec, ModelSpec, OutputSpec

FILE = "interface.json"
_MOST_BYTES = 1 << 20  # of the file; a thousand labels need a tenth of that
_UNREADABLE = (OSError, zipfile.BadZipFile, AttributeError, KeyError, RuntimeError, TypeError, ValueError)

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Example:
    """Request and its answer, as JSON values."""

    request: Mapping[str, Any]
    answer: Mapping[str, Any]


@dataclass(frozen=True)
class Interface:
    """Part of a specification that clients see.

    name      registered name of the model
    files     true if an example may be an image file
    methods   methods of explanation, the default first; empty if there are none
    score     name of the number that is explained
    values    names or indices of the values that can be explained; empty if labels are explained
    example   a request, ``{"x": ...}``, and its answer; None if either is too long to show
    outputs   outputs of a model without classes; empty for classes, which the labels describe
    inputs    named inputs; empty if ``input`` describes the only one
    optional  names of inputs that a request may leave out
    platform  name of the runtime, as Triton calls it
    """

    name: str
    input: InputSpec
    output: OutputSpec
    files: bool = False
    methods: Mapping[str, SampleLimits] = field(default_factory=dict)
    score: str = ""
    values: tuple[str, ...] = ()
    example: Example | None = None
    outputs: tuple[Tensor, ...] = ()
    platform: str = ""
    inputs: tuple[Tensor, ...] = ()
    optional: tuple[str, ...] = ()

    @classmethod
    def of(cls, spec: ModelSpec, example: Example | None = None) -> Self:
        interface = cls(spec.name, spec.input, spec.output, spec.preprocessing.read_file is not None, example=example)
        about = spec.explanations
        return replace(interface, methods=about.methods, score=about.score, values=about.values) if about else interface

    def content(self) -> bytes:
        """Return the bytes of its file."""
        parts: dict[str, Any] = {"input": asdict(self.input), "output": asdict(self.output)}
        parts |= {"methods": {name: list(samples) for name, samples in self.methods.items()}}
        parts |= {name: list(map(asdict, getattr(self, name))) for name in ("outputs", "inputs")}
        return orjson.dumps(vars(self) | parts, default=_plain)

    @classmethod
    def parse(cls, content: bytes) -> Self:
        """Parse the file. Raises AttributeError, KeyError, TypeError or ValueError if it is invalid."""
        parts = orjson.loads(content)
        given = parts["input"]
        given |= {"dtype": np.dtype(given["dtype"]), "error": getattr(errors, given["error"])}
        parts |= {
            "input": InputSpec(**_frozen(InputSpec, given)),
            "output": OutputSpec(**_frozen(OutputSpec, parts["output"])),
            "methods": {name: SampleLimits(*numbers) for name, numbers in parts["methods"].items()},
            **{name: tuple(parts[name]) for name in ("values", "optional")},
            "example": Example(**parts["example"]) if parts["example"] else None,
        }
        for name in ("outputs", "inputs"):
            parts[name] = tuple(Tensor(**_frozen(Tensor, tensor)) for tensor in parts[name])
        return cls(**parts)


def read(archive: Path) -> Interface | None:
    """Return the interface of the model in an archive; None if it is missing or unreadable."""
    try:
        with zipfile.ZipFile(archive) as file, file.open(FILE) as member:
            return Interface.parse(member.read(_MOST_BYTES))
    except _UNREADABLE as error:
        logger.warning("%s has no interface that can be read: %s", archive.name, error)
        return None


def _plain(value: object) -> str:
    """Return a dtype, or an error class, as text."""
    if isinstance(value, np.dtype):
        return value.str
    if isinstance(value, type):
        return value.__name__
    raise TypeError(f"{type(value)} is not part of an interface")


def _frozen(made: type, content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a specification, with tuples for lists. Raises KeyError for a missing field."""
    return {field.name: _tuples(content[field.name]) for field in fields(made)}


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
