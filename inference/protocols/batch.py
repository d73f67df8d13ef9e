"""Answers for a batch: JSON and tensors of its results.

Formatting numbers is most of the cost of an answer, so all examples of a batch are formatted at once.
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

Tensor = tuple[dict[str, Any], bytes]  # output tensor of a v2 answer: its JSON, and its binary data


class Template:
    """Constant parts of the answers of one model, computed once per process.

    head  format string for the answer of an example up to its key ``input``; see ``Answers.head``
    """

    def __init__(self, output: OutputSpec, identity: Identity) -> None:
        self.identity = identity
        self.output = output
        self._kind = _KINDS[output.kind]
        self.head = self._kind.head(output, identity.json.replace(b"%", b"%%"))

    def batch(self, results: Any) -> "Answers":
        """Return the answers for the results of a forward pass."""
        return self._kind(results, self)


class Answers(ABC):
    """Answers for the results of all examples of one forward pass."""

    def __init__(self, results: Any, template: Template) -> None:
        self.results = results
        self.template = template

    @property
    def identity(self) -> Identity:
        return self.template.identity

    @staticmethod
    @abstractmethod
    def head(output: OutputSpec, model: bytes) -> bytes:
        """Return the format string for ``Template.head``. ``model`` is the JSON of the model, with escaped "%"."""

    @cached_property
    @abstractmethod
    def _heads(self) -> list[bytes]:
        """Return the start of each example's answer, up to the value of ``input``."""

    def described(self, index: int, treatment: Treatment) -> bytes:
        """Return the JSON for the result of one example; docs/api.md shows it."""
        return b"%b%b}" % (self._heads[index], treatment.json)

    def listed(self, first: int, treatments: Sequence[Treatment]) -> bytes:
        """Return the JSON for the results of consecutive examples from ``first`` on, one for each treatment."""
        heads = self._heads[first : first + len(treatments)]
        objects = [b"%b%b}" % (head, treatment.json) for head, treatment in zip(heads, treatments, strict=True)]
        return b'{"predictions":[%b]}' % b",".join(objects)

    @abstractmethod
    def tensor(self, name: str, part: slice, *, binary: bool) -> Tensor:
        """Return an output tensor for a part of the examples."""


class Batch(Answers):
    """Answers for predicted classes."""

    results: Predictions

    @staticmethod
    def head(output: OutputSpec, model: bytes) -> bytes:
        """Return a template for the label, the confidence, ``accepted`` and the probabilities."""
        shared = b',"confidence":%%b,"accepted":%%b,"probabilities":[%%b],"model":%b,"input":' % model
        return b"{%b:%%b" % _key(output.key) + shared

    @cached_property
    def rows(self) -> list[bytes]:
        """Return the probabilities of each example, separated by commas."""
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
    """Answers for predicted numbers."""

    results: Values

    @staticmethod
    def head(output: OutputSpec, model: bytes) -> bytes:
        """Return a template for the values by name, or for all of them as one text."""
        values = _members(output.names) if output.names else b"[%b]"
        return b'{"values":%b,"model":%b,"input":' % (values, model)

    @cached_property
    def _rows(self) -> list[bytes]:
        """Return the values of each example, separated by commas."""
        return _comma_separated(self.results.values)

    @cached_property
    def _heads(self) -> list[bytes]:
        head, is_named = self.template.head, self.template.output.names
        return [head % (tuple(row.split(b",")) if is_named else row) for row in self._rows]

    def tensor(self, name: str, part: slice, *, binary: bool) -> Tensor:
        return _floats(name, self.results.values, self._rows, part, binary)


class TensorsBatch(Answers):
    """Answers with the outputs of the network only."""

    results: Tensors

    @staticmethod
    def head(output: OutputSpec, model: bytes) -> bytes:
        """Return a template for the JSON of each output."""
        return _members(output.tensors)

    @cached_property
    def _heads(self) -> list[bytes]:
        """Return the outputs of each example by name. NaN and infinite numbers become null."""
        arrays = [np.ascontiguousarray(self.results.arrays[name]) for name in self.template.output.tensors]
        return [self.template.head % outputs for outputs in zip(*map(_examples, arrays), strict=True)]

    def described(self, index: int, treatment: Treatment) -> bytes:
        return self._heads[index]

    def listed(self, first: int, treatments: Sequence[Treatment]) -> bytes:
        return b'{"predictions":[%b]}' % b",".join(self._heads[first : first + len(treatments)])

    def tensor(self, name: str, part: slice, *, binary: bool) -> Tensor:
        array = self.results.arrays[name][part]
        if array.dtype == object:  # the examples of one request have equal shapes
            array = np.stack(list(array))
        if name in self.results.axes:
            array = np.moveaxis(array, 0, self.results.axes[name])
        head = {"name": name, "shape": array.shape, "datatype": datatype(array.dtype)}
        if binary:
            return _joined(head, [array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()], binary)
        return _joined(head, [_json(np.ascontiguousarray(array).ravel())[1:-1]], binary)


_KINDS: Mapping[str, type[Answers]] = {CLASSES: Batch, VALUES: ValuesBatch, TENSORS: TensorsBatch}


def _key(name: str) -> bytes:
    """Return the JSON of a name, escaped for a format string."""
    return orjson.dumps(name).replace(b"%", b"%%")


def _members(names: Sequence[str]) -> bytes:
    """Return the format string of an object for the JSON of each member."""
    return b"{%b}" % b",".join(b"%b:%%b" % _key(name) for name in names)


def _comma_separated(numbers: npt.NDArray[Any]) -> list[bytes]:
    """Return the JSON of each row of numbers (n, m) without brackets. NaN and infinite numbers become null."""
    return _json(np.ascontiguousarray(numbers))[2:-2].split(b"],[")


def _examples(array: Rows) -> list[bytes]:
    """The JSON of each example in an array (n, ...)."""
    if array.ndim == 1 and array.dtype != object and len(array):  # orjson does not support all NumPy scalars
        return _json(array)[1:-1].split(b",")
    return [_json(example) for example in array]


def _json(array: object) -> bytes:
    return orjson.dumps(array, option=orjson.OPT_SERIALIZE_NUMPY)


def _floats(name: str, numbers: npt.NDArray[np.float32], texts: list[bytes], part: slice, binary: bool) -> Tensor:
    """Return a part of a tensor of numbers (n, m). ``texts`` has the JSON of each row."""
    some = numbers[part]
    head = {"name": name, "shape": some.shape, "datatype": "FP32"}
    return _joined(head, [some.astype("<f4").tobytes()] if binary else texts[part], binary)


def _joined(head: dict[str, Any], parts: list[bytes], binary: bool) -> Tensor:
    """Return the tensor with a head and elements, which are JSON texts or bytes."""
    if binary:
        data = b"".join(parts)
        return head | {"parameters": {"binary_data_size": len(data)}}, data
    return head | {"data": orjson.Fragment(b"[%b]" % b",".join(parts))}, b""
