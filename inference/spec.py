"""Specification of a served model: everything that is specific to one model.

Generic code loops over requests. A model provides constants, and functions that work on whole batches. Values that
depend only on the specification are computed once per process.
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
PROBABILITIES = "probabilities"  # name of the output tensor

Rows = npt.NDArray[Any]  # (n, *shape), n examples of the input's dtype
Mask = npt.NDArray[np.bool_]  # (n,)
Floats = npt.NDArray[np.float32]
Parameters = Mapping[str, Floats]
Architecture = Mapping[str, Any]

_DATATYPES = {np.dtype(text).str[1:]: name for name, text in DTYPES.items()}


def datatype(dtype: np.dtype[Any]) -> str:
    """Return the name of a dtype in the Open Inference Protocol. Raises KeyError if the protocol has no such type."""
    return _DATATYPES[dtype.str[1:]]


@dataclass(frozen=True)
class InputSpec:
    """Form of an example, for the network and in requests.

    name           name of the tensor in the Open Inference Protocol
    columns        names of the columns of a table; empty: the input is no table
    shape          shape of one example
    dtype          dtype of its numbers; raw bytes and binary tensors are little-endian
    bounds         lowest and highest number; None: any finite number that fits the dtype
    scale          number that 1.0 means in fractions and FP32; the network divides by it; None: no scaling
    list_shapes    further shapes of one example as nested lists
    tensor_shapes  further shapes of one example as a tensor
    most           largest number of examples in one request
    example        noun for an example in messages
    number         noun for one of its numbers in messages
    meaning        end of a hint: the meaning of the numbers
    error          raised for numbers that are not a valid example
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
        """Return the name, for messages, of the number at an index of an example."""
        return f"column {orjson.dumps(self.columns[index]).decode()}" if self.columns else f"{self.number} {index}"

    @cached_property
    def size(self) -> int:
        """Return the count of numbers in one example."""
        return math.prod(self.shape)

    @cached_property
    def row_bytes(self) -> int:
        """Return the bytes of one example."""
        return self.size * self.dtype.itemsize

    @cached_property
    def block(self) -> tuple[int, ...]:
        """Return the shape of an array of examples, for ``reshape``."""
        return (-1, *self.shape)

    @cached_property
    def datatype(self) -> str:
        """Return the name of the dtype in the Open Inference Protocol."""
        return datatype(self.dtype)

    @cached_property
    def is_bytes(self) -> bool:
        """Return True if a number of an example may be any byte, 0 to 255."""
        return self.dtype == np.uint8 and self.limits == (0, 255)

    @cached_property
    def limits(self) -> tuple[float, float] | None:
        """Return the bounds, or without them the range of the dtype; None for floats without bounds."""
        if self.bounds is not None or self.dtype.kind == "f":
            return self.bounds
        least, most = int(np.iinfo(self.dtype).min), int(np.iinfo(self.dtype).max)
        # The largest integer of 64 bits, rounded to a float, is one more and does not fit.
        return float(least), float(most) if float(most) <= most else math.nextafter(most, 0.0)

    @cached_property
    def is_image(self) -> bool:
        """Return True if an example has rows and columns of pixels."""
        return self.scale is not None and len(self.shape) > 1

    def treatment(self, format_: str, *steps: str) -> Treatment:
        """Return the treatment of an example that is not a file, with its size if it is an image."""
        height, width = self.shape[:2] if self.is_image else (0, 0)
        return Treatment(format_, width, height, steps)


@dataclass(frozen=True)
class OutputSpec:
    """Kind of the results, and their names in answers.

    labels    text of each class; whole numbers if ``datatype`` is INT64
    key       key of the predicted label in answers, and name of its output tensor
    datatype  datatype of a label in the Open Inference Protocol: INT64 or BYTES
    kind      CLASSES, VALUES or TENSORS
    names     names of the values, in order; empty: answers contain a list
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
        """Return the names of the output tensors."""
        return self.tensors or (self.key, PROBABILITIES)

    @cached_property
    def json(self) -> tuple[bytes, ...]:
        """Return each label as JSON."""
        return tuple(orjson.dumps(int(label) if self.datatype == INTEGER else label) for label in self.labels)

    @cached_property
    def binary(self) -> tuple[bytes, ...]:
        """Return each label as an element of a binary tensor."""
        if self.datatype == INTEGER:
            return tuple(int(label).to_bytes(8, "little", signed=True) for label in self.labels)
        texts = [label.encode() for label in self.labels]
        return tuple(len(text).to_bytes(4, "little") + text for text in texts)


@dataclass(frozen=True)
class Preprocessing:
    """Preprocessing of examples. None means no operation.

    is_file        returns True for bytes that begin like a file for ``read_file``
    read_file      decodes one file to an example and its treatment, within a number of pixels and a charge
    are_normal     returns True for rows that ``normalise`` would not change
    normalise      returns normalised rows and their treatments; first calls the charge with the CPU seconds
    is_acceptable  returns the mask of the rows whose predictions may be accepted
    """

    is_file: Callable[[bytes], bool] | None = None
    read_file: Callable[[bytes, int, Charge], tuple[Rows, Treatment]] | None = None
    are_normal: Callable[[Rows], bool] | None = None
    normalise: Callable[[Rows, Sequence[Treatment], Charge], tuple[Rows, Sequence[Treatment]]] | None = None
    is_acceptable: Callable[[Rows], Mask] | None = None


@dataclass(frozen=True)
class NetworkSpec:
    """Construction of the network from a bundle.

    shapes  returns the shapes of the parameters, in order, for an architecture and a number of labels; raises
            KeyError, TypeError or ValueError for an invalid architecture
    build   returns the network for inference; imports torch. The network turns float32 (n, *shape), divided by the
            scale of the input, into logits (n, labels)
    """

    shapes: Callable[[Architecture, int], Mapping[str, tuple[int, ...]]]
    build: Callable[[Architecture, Parameters], "nn.Module"]


@dataclass(frozen=True)
class DriftSpec:
    """Statistics of examples that show drift from the training data.

    statistics  names of the statistics
    measure     returns float32 (n, len(statistics)), each between -500 and 500, for rows (n, *shape)
    sized       True if ``measure`` leaves out the last statistic, the size of an image before preprocessing
    """

    statistics: tuple[str, ...]
    measure: Callable[[Rows], Floats]
    sized: bool = False


class Explainer(Protocol):
    """Explainer that attributes a result of the model to the numbers of an example."""

    def seconds(self, query: Query) -> float:
        """Return the estimated CPU seconds of an explanation; 0 if they are negligible."""

    def explain(self, row: Rows, target: int, query: Query) -> Explanation:
        """Explain the score of the class or value with the index ``target`` for one example (*shape)."""

    def draw(self, row: Rows, explanation: Explanation, caption: Caption) -> bytes:
        """Return the explanation as a PNG file."""


@dataclass(frozen=True)
class ExplanationSpec:
    """Methods of explanation and their explainer.

    methods  limits of the samples by method; the first method is the default
    make     returns the explainer for a device and a bundle, or for a loaded model without a bundle
    score    name of the explained number in answers
    values   names or indices of the values that can be explained; empty: the classes of the output
    """

    methods: Mapping[str, SampleLimits]
    make: Callable[[Any, str], Explainer]
    score: str = "logit"
    values: tuple[str, ...] = ()


class Predictor(Protocol):
    """Loaded model.

    sha256  hash of the file with its weights
    card    facts for the description of the model
    """

    @property
    def spec(self) -> "ModelSpec": ...

    @property
    def sha256(self) -> str: ...

    @property
    def card(self) -> Mapping[str, Any]: ...

    def predict(self, rows: Rows, /) -> Any:
        """Predict n >= 0 examples (n, *shape). The type of the results follows from ``spec.output.kind``."""


@dataclass(frozen=True)
class ModelSpec:
    """Everything that is specific to one model.

    name    name in archives and metrics
    inputs  inputs by name, if an InputSpec cannot describe them; ``input`` then only limits the number of examples
    load    loads a model without a bundle from the folder of its unpacked archive
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
        """Return this specification with other labels; unchanged if ``labels`` is empty or equal."""
        own = not labels or tuple(labels) == self.output.labels
        return self if own else replace(self, output=OutputSpec(tuple(labels)))
