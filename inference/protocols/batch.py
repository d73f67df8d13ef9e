"""Answers of a batch: the JSON and the tensors of its results.

Formatting the numbers is most of an answer's cost, so all examples of a batch are formatted in one go.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from inference.classifier import Predictions
from inference.http_message import Identity
from inference.results import Tensors, Values
from inference.spec import CLASSES, PROBABILITIES, TENSORS, VALUES, OutputSpec, Rows, datatype
from inference.treatment import Treatment

Tensor = tuple[dict[str, Any], bytes]  # of a v2 answer: its JSON, and its binary data


class Template:
    """Parts that all answers of one model have in common; made once per process.

    head  of an answer, up to what was done to the example; the answers of the output's kind say what it takes
    """

    def __init__(self, output: OutputSpec, identity: Identity) -> None:
        self.identity = identity
        self.output = output
        self._kind = _KINDS[output.kind]
        self.head = self._kind.head(output, identity.json.replace(b"%", b"%%"))

    def batch(self, results: Any) -> "Answers":
        """Return the answers for the results of the output's kind."""
        return self._kind(results, self)


class Answers(ABC):
    """A model's results for all the examples of one forward pass, ready to be answered."""

    def __init__(self, results: Any, template: Template) -> None:
        self.results = results
        self.template = template

    @property
    def identity(self) -> Identity:
        return self.template.identity

    @staticmethod
    @abstractmethod
    def head(output: OutputSpec, model: bytes) -> bytes:
        """Return the template of a head. ``model`` is the JSON of the model."""

    @cached_property
    @abstractmethod
    def _heads(self) -> list[bytes]:
        """Each example's answer up to what was done to the example."""

    def described(self, index: int, treatment: Treatment) -> bytes:
        """Return the JSON of one example's result, as docs/api.md shows it."""
        return b"%b%b}" % (self._heads[index], treatment.json)

    def listed(self, first: int, treatments: Sequence[Treatment]) -> bytes:
        """Return the JSON of the results of as many examples as there are treatments, from ``first`` on."""
        heads = self._heads[first : first + len(treatments)]
        objects = [b"%b%b}" % (head, treatment.json) for head, treatment in zip(heads, treatments, strict=True)]
        return b'{"predictions":[%b]}' % b",".join(objects)

    @abstractmethod
    def tensor(self, name: str, part: slice, *, binary: bool) -> Tensor:
        """Return an output tensor of a part of the examples."""


class Batch(Answers):
    """Answers of predicted classes."""

    results: Predictions

    @staticmethod
    def head(output: OutputSpec, model: bytes) -> bytes:
        """Takes the label, the confidence, whether it is accepted, and the probabilities."""
        shared = b',"confidence":%%b,"accepted":%%b,"probabilities":[%%b],"model":%b,"input":' % model
        return b"{%b:%%b" % _key(output.key) + shared

    @cached_property
    def rows(self) -> list[bytes]:
        """Each example's probabilities, separated by commas."""
        return _comma_separated(self.results.probabilities)

    def tensor(self, name: str, part: slice, *, binary: bool) -> Tensor:
        if name == PROBABILITIES:
            return _floats(name, self.results.probabilities, self.rows, part, binary)
        classes, output = self.results.classes[part].tolist(), self.template.output
        head = {"name": output.key, "shape": [len(classes)], "datatype": output.datatype}
        data = [(output.binary if binary else output.json)[index] for index in classes]
        return _joined(head, data, binary)

    @cached_property
    def _heads(self) -> list[bytes]:
        predictions, labels, head = self.results, self.template.output.json, self.template.head
        confidences = orjson.dumps(predictions.confidences, option=orjson.OPT_SERIALIZE_NUMPY)[1:-1].split(b",")
        accepted = [b"true" if flag else b"false" for flag in predictions.accepted.tolist()]
        return [
            head % (labels[index], confidence, flag, row)
            for index, confidence, flag, row in zip(
                predictions.classes.tolist(), confidences, accepted, self.rows, strict=True
            )
        ]


class ValuesBatch(Answers):
    """Answers of predicted numbers."""

    results: Values

    @staticmethod
    def head(output: OutputSpec, model: bytes) -> bytes:
        """Takes the values by name, or all of them as one text."""
        values = _members(output.names) if output.names else b"[%b]"
        return b'{"values":%b,"model":%b,"input":' % (values, model)

    @cached_property
    def _rows(self) -> list[bytes]:
        """Each example's values, separated by commas."""
        return _comma_separated(self.results.values)

    @cached_property
    def _heads(self) -> list[bytes]:
        head, is_named = self.template.head, self.template.output.names
        return [head % (tuple(row.split(b",")) if is_named else row) for row in self._rows]

    def tensor(self, name: str, part: slice, *, binary: bool) -> Tensor:
        return _floats(name, self.results.values, self._rows, part, binary)


class TensorsBatch(Answers):
    """Answers of the network's own outputs, which say nothing else."""

    results: Tensors

    @staticmethod
    def head(output: OutputSpec, model: bytes) -> bytes:
        """Takes each output's JSON, in the order of their names."""
        return _members(output.tensors)

    @cached_property
    def _heads(self) -> list[bytes]:
        """Each example's outputs by name. NaN and infinite numbers become null."""
        arrays = [np.ascontiguousarray(self.results.arrays[name]) for name in self.template.output.tensors]
        return [self.template.head % outputs for outputs in zip(*map(_each, arrays), strict=True)]

    def described(self, index: int, treatment: Treatment) -> bytes:
        return self._heads[index]

    def listed(self, first: int, treatments: Sequence[Treatment]) -> bytes:
        return b'{"predictions":[%b]}' % b",".join(self._heads[first : first + len(treatments)])

    def tensor(self, name: str, part: slice, *, binary: bool) -> Tensor:
        array = self.results.arrays[name][part]
        if array.dtype == object:  # of one shape: the examples of a request are
            array = np.stack(list(array))
        if name in self.results.axes:
            array = np.moveaxis(array, 0, self.results.axes[name])
        head = {"name": name, "shape": array.shape, "datatype": datatype(array.dtype)}
        if binary:
            return _joined(head, [array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()], binary)
        return _joined(head, [_json(np.ascontiguousarray(array).ravel())[1:-1]], binary)


_KINDS: Mapping[str, type[Answers]] = {CLASSES: Batch, VALUES: ValuesBatch, TENSORS: TensorsBatch}


def _key(name: str) -> bytes:
    """The JSON of a name in a template."""
    return orjson.dumps(name).replace(b"%", b"%%")


def _members(names: Sequence[str]) -> bytes:
    """The template of an object that takes the JSON of each member."""
    return b"{%b}" % b",".join(b"%b:%%b" % _key(name) for name in names)


def _comma_separated(numbers: npt.NDArray[Any]) -> list[bytes]:
    """The JSON of each row of numbers (n, m) without brackets. NaN and infinite numbers become null."""
    return _json(np.ascontiguousarray(numbers))[2:-2].split(b"],[")


def _each(array: Rows) -> list[bytes]:
    """The JSON of each example in an array (n, ...)."""
    if array.ndim == 1 and array.dtype != object and len(array):  # orjson does not know all of NumPy's scalar types
        return _json(array)[1:-1].split(b",")
    return [_json(example) for example in array]


def _json(array: object) -> bytes:
    return orjson.dumps(array, option=orjson.OPT_SERIALIZE_NUMPY)


def _floats(name: str, numbers: npt.NDArray[np.float32], texts: list[bytes], part: slice, binary: bool) -> Tensor:
    """A part of a tensor of numbers (n, m), of which each row has a JSON text."""
    some = numbers[part]
    head = {"name": name, "shape": some.shape, "datatype": "FP32"}
    return _joined(head, [some.astype("<f4").tobytes()] if binary else texts[part], binary)


def _joined(head: dict[str, Any], parts: list[bytes], binary: bool) -> Tensor:
    """A tensor of its head and its elements: JSON texts, or bytes."""
    if binary:
        data = b"".join(parts)
        return head | {"parameters": {"binary_data_size": len(data)}}, data
    return head | {"data": orjson.Fragment(b"[%b]" % b",".join(parts))}, b""
