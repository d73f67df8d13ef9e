"""Answers of a model that gives its network's own outputs."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import orjson

from inference.messages import Identity
from inference.protocols.batch import Tensor, joined
from inference.results import Tensors
from inference.spec import OutputSpec, Rows, datatype
from inference.treatment import Treatment


class TensorsTemplate:
    """Parts that all answers of one model have in common; made once per process.

    head  of an answer: takes each output's JSON, in the order of ``names``
    """

    def __init__(self, output: OutputSpec, identity: Identity) -> None:
        self.identity = identity
        self.names = output.tensors
        keys = (orjson.dumps(name).replace(b"%", b"%%") for name in output.tensors)
        self.head = b"{%b}" % b",".join(b"%b:%%b" % key for key in keys)

    def batch(self, results: Tensors) -> "TensorsBatch":
        return TensorsBatch(results, self)


@dataclass(frozen=True)
class TensorsBatch:
    """Answers for all the examples of one forward pass."""

    results: Tensors
    template: TensorsTemplate

    @property
    def identity(self) -> Identity:
        return self.template.identity

    @cached_property
    def _objects(self) -> list[bytes]:
        """Each example's outputs by name. NaN and infinite numbers become null."""
        arrays = [np.ascontiguousarray(self.results.arrays[name]) for name in self.template.names]
        texts = [_each(array) for array in arrays]
        return [self.template.head % outputs for outputs in zip(*texts, strict=True)]

    def described(self, index: int, treatment: Treatment) -> bytes:
        return self._objects[index]

    def listed(self, first: int, treatments: Sequence[Treatment]) -> bytes:
        return b'{"predictions":[%b]}' % b",".join(self._objects[first : first + len(treatments)])

    def tensor(self, name: str, part: slice, *, binary: bool) -> Tensor:
        array = self.results.arrays[name][part]
        if array.dtype == object:  # of one shape: the examples of a request are
            array = np.stack(list(array))
        if name in self.results.axes:
            array = np.moveaxis(array, 0, self.results.axes[name])
        head = {"name": name, "shape": array.shape, "datatype": datatype(array.dtype)}
        if binary:
            return joined(head, [array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()], binary)
        return joined(head, [_json(np.ascontiguousarray(array).ravel())[1:-1]], binary)


def _each(array: Rows) -> list[bytes]:
    """The JSON of each example in an array (n, ...)."""
    if array.ndim == 1 and array.dtype != object and len(array):  # orjson does not know all of NumPy's scalar types
        return _json(array)[1:-1].split(b",")
    return [_json(example) for example in array]


def _json(array: object) -> bytes:
    return orjson.dumps(array, option=orjson.OPT_SERIALIZE_NUMPY)
