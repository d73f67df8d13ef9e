"""The specification of a served model: everything that is specific to it.

Generic code owns the loops over requests. A model provides constants, and functions that work on whole batches. All
that depends on the specification alone is computed once per process.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt
import orjson

from inference.cost import Charge
from inference.errors import InvalidNumbers
from inference.explanations.caption import Caption
from inference.explanations.explanation import Explanation
from inference.explanations.query import Query, SampleLimits
from inference.inputs.named import DTYPES, NamedInput
from inference.treatment import Treatment

if TYPE_CHECKING:
    from torch import nn

MOST_LABELS = 1000
INTEGER, TEXT = "INT64", "BYTES"  # datatypes of a label
CLASSES, VALUES, TENSORS = "classes", "values", "tensors"  # kinds of output
PROBABILITIES = "probabilities"  # name of that output tensor

Rows = npt.NDArray[Any]  # (n, *shape), n examples of the input's dtype
Mask = npt.NDArray[np.bool_]  # (n,)
Floats = npt.NDArray[np.float32]
Parameters = Mapping[str, Floats]
Architecture = Mapping[str, Any]

_DATATYPES = {np.dtype(text).str[1:]: name for name, text in DTYPES.items()}


def datatype(dtype: np.dtype[Any]) -> str:
    """Return a dtype's name in the Open Inference Protocol. Raises KeyError if it has none."""
    return _DATATYPES[dtype.str[1:]]


@dataclass(frozen=True)
class InputSpec:
    """Examples: what the network takes, and what clients may send.

    name           of the tensor in the Open Inference Protocol
    columns        names of a table's columns; empty: the input is none
    shape          of one example
    dtype          of its numbers; raw bytes and binary tensors are little-endian
    bounds         lowest and highest number; None: any that is finite and fits the dtype
    scale          what 1.0 stands for in fractions and FP32, and the divisor before the network; None: no scaling
    list_shapes    further shapes of one example as nested lists
    tensor_shapes  further shapes of one example as a tensor
    most           examples in one request
    example        noun for an example in messages
    number         noun for one of its numbers in messages
    meaning        end of the hint: what numbers stand for
    error          raised for numbers that make no example
    """

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any] = field(default_factory=lambda: np.dtype("<f4"))
    bounds: tuple[float, float] | None = None
    scale: float | None = None
    list_shapes: tuple[tuple[int, ...], ...] = ()
    tensor_shapes: tuple[tuple[int, ...], ...] = ()
    most: int = 4096
    example: str = "row"
    number: str = "number"
    meaning: str = ""
    error: type[InvalidNumbers] = InvalidNumbers
    columns: tuple[str, ...] = ()

    def place(self, index: int) -> str:
        """Return the name of an example's number in messages."""
        return f"column {orjson.dumps(self.columns[index]).decode()}" if self.columns else f"{self.number} {index}"

    @cached_property
    def size(self) -> int:
        """Numbers in one example."""
        return math.prod(self.shape)

    @cached_property
    def row_bytes(self) -> int:
        """Bytes of one example."""
        return self.size * self.dtype.itemsize

    @cached_property
    def block(self) -> tuple[int, ...]:
        """Shape to give to the numbers of any count of examples."""
        return (-1, *self.shape)

    @cached_property
    def datatype(self) -> str:
        """The dtype's name in the Open Inference Protocol."""
        return datatype(self.dtype)

    @cached_property
    def is_bytes(self) -> bool:
        """True if an example's numbers are all that a byte can be."""
        return self.dtype == np.uint8 and self.limits == (0, 255)

    @cached_property
    def limits(self) -> tuple[float, float] | None:
        """The bounds, or else the dtype's; None for floats without bounds."""
        if self.bounds is not None or self.dtype.kind == "f":
            return self.bounds
        least, most = int(np.iinfo(self.dtype).min), int(np.iinfo(self.dtype).max)
        # the float next to the largest of 64 bits is one more, which does not fit
        return float(least), float(most) if float(most) <= most else math.nextafter(most, 0.0)

    @cached_property
    def is_image(self) -> bool:
        """True if an example has rows and columns of pixels."""
        return self.scale is not None and len(self.shape) > 1

    def treatment(self, format_: str, *steps: str) -> Treatment:
        """Return the treatment of an example that is not a file, with its size if it is an image."""
        height, width = self.shape[:2] if self.is_image else (0, 0)
        return Treatment(format_, width, height, steps)


@dataclass(frozen=True)
class OutputSpec:
    """Classes, values or tensors, and how answers name them.

    labels    of classes: Unicode text, one for each; whole numbers if ``datatype`` is INT64
    key       of the predicted label in answers, and name of that output tensor
    datatype  of a label in the Open Inference Protocol: INT64 or BYTES
    kind      CLASSES, VALUES or TENSORS
    names     of values, in their order; empty: they are answered as a list
    tensors   names of the outputs in the Open Inference Protocol; empty: the label and the probabilities
    """

    labels: tuple[str, ...] = ()
    key: str = "label"
    datatype: str = TEXT
    kind: str = CLASSES
    names: tuple[str, ...] = ()
    tensors: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        different = len(set(self.labels)) == len(self.labels) and all(self.labels)
        if self.kind == CLASSES and not (different and 1 <= len(self.labels) <= MOST_LABELS):
            raise ValueError(f"labels must be 1 to {MOST_LABELS} different texts, not {self.labels!s:.80}")

    @cached_property
    def tensor_names(self) -> tuple[str, ...]:
        """Names of the output tensors."""
        return self.tensors or (self.key, PROBABILITIES)

    @cached_property
    def json(self) -> tuple[bytes, ...]:
        """Each label as JSON."""
        return tuple(orjson.dumps(int(label) if self.datatype == INTEGER else label) for label in self.labels)

    @cached_property
    def binary(self) -> tuple[bytes, ...]:
        """Each label as an element of a binary tensor."""
        if self.datatype == INTEGER:
            return tuple(int(label).to_bytes(8, "little", signed=True) for label in self.labels)
        texts = [label.encode() for label in self.labels]
        return tuple(len(text).to_bytes(4, "little") + text for text in texts)


@dataclass(frozen=True)
class Preprocessing:
    """Preprocessing of examples. None means no operation.

    is_file        True for bytes that begin like a file that ``read_file`` reads
    read_file      decode one file to an example and its treatment; limits: pixels, and CPU seconds by the charge
    are_normal     True for rows of which ``normalise`` would change none
    normalise      rows and treatments, normalised at the expense of the charge
    is_acceptable  mask of the rows whose predictions may be accepted
    """

    is_file: Callable[[bytes], bool] | None = None
    read_file: Callable[[bytes, int, Charge], tuple[Rows, Treatment]] | None = None
    are_normal: Callable[[Rows], bool] | None = None
    normalise: Callable[[Rows, Sequence[Treatment], Charge], tuple[Rows, Sequence[Treatment]]] | None = None
    is_acceptable: Callable[[Rows], Mask] | None = None


@dataclass(frozen=True)
class NetworkSpec:
    """Construction of the network from a bundle.

    shapes  of the parameters of an architecture with that many labels, in order; raises KeyError, TypeError or
            ValueError if there is no such network
    build   the network for inference; imports torch. It takes float32 (n, *shape), divided by the input's scale, and
            gives logits (n, labels)
    """

    shapes: Callable[[Architecture, int], Mapping[str, tuple[int, ...]]]
    build: Callable[[Architecture, Parameters], "nn.Module"]


@dataclass(frozen=True)
class DriftSpec:
    """Statistics of examples by which drift from the training data is seen.

    statistics  their names
    measure     rows (n, *shape) to float32 (n, len(statistics)), each between -500 and 500
    sized       true if ``measure`` leaves out the last statistic: how large an image was before preprocessing
    """

    statistics: tuple[str, ...]
    measure: Callable[[Rows], Floats]
    sized: bool = False


class Explainer(Protocol):
    """Attributes a number that the model answers to the numbers of an example."""

    def seconds(self, query: Query) -> float:
        """Estimate the CPU seconds of an explanation; 0 if they are too few to account for."""

    def explain(self, row: Rows, target: int, query: Query) -> Explanation:
        """Explain the score of the class or the value ``target`` for one example (*shape)."""

    def draw(self, row: Rows, explanation: Explanation, caption: Caption) -> bytes:
        """Return the explanation as a PNG file."""


@dataclass(frozen=True)
class ExplanationSpec:
    """Methods of explanation with their bounds, the first is the default, and how to make the explainer.

    make    from the loaded model, or its bundle if it has one, and a device
    score   name of what is explained, in answers
    values  names or indices of values that can be explained; empty: the classes of the output
    """

    methods: Mapping[str, SampleLimits]
    make: Callable[[Any, str], Explainer]
    score: str = "logit"
    values: tuple[str, ...] = ()


class Predictor(Protocol):
    """A loaded model.

    sha256  of what it was loaded from
    card    facts about it, for its description
    """

    @property
    def spec(self) -> "ModelSpec": ...

    @property
    def sha256(self) -> str: ...

    @property
    def card(self) -> Mapping[str, Any]: ...

    def predict(self, rows: Rows, /) -> Any:
        """Predict n >= 0 examples (n, *shape); the result is of the kind of the specification's output."""


@dataclass(frozen=True)
class ModelSpec:
    """All that is specific to one model.

    name    what it is called in archives and metrics
    inputs  by name, if there are several, or one that no InputSpec describes; ``input`` then only bounds their number
    load    a model that has no bundle: from the folder of its unpacked archive
    """

    name: str
    input: InputSpec
    output: OutputSpec
    network: NetworkSpec
    preprocessing: Preprocessing = Preprocessing()
    drift: DriftSpec | None = None
    explanations: ExplanationSpec | None = None
    load: Callable[[Path], Predictor] | None = None
    inputs: tuple[NamedInput, ...] = ()

    def labelled(self, labels: Sequence[str]) -> "ModelSpec":
        """Return the same model with a bundle's labels; this one if there are none, or they are its own."""
        own = not labels or tuple(labels) == self.output.labels
        return self if own else replace(self, output=OutputSpec(tuple(labels)))
