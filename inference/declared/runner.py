"""Computation of a network for examples, in batches of equal shapes."""

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from inference.declared.declaration import Declaration
from inference.declared.shares import Shares
from inference.inputs import feed
from inference.inputs.named import FREE, TEXT, Array, NamedInput, Tensor, objects
from inference.spec import Rows

_MOST_ROWS = 8192  # examples in one run
_MOST_BYTES = 16 << 20  # bytes of their numbers; the layers of a network take several times as many
Compute = Callable[[Mapping[str, Array]], Sequence[Array]]


class Runner:
    """Computes the outputs of a network for examples.

    Examples run together if their arrays have equal shapes, and their inputs without a batch dimension equal values.

    compute  returns the outputs of the network for inputs by name
    cores    number of cores that may compute at the same time
    """

    def __init__(self, declaration: Declaration, compute: Compute, cores: int = 1) -> None:
        self._inputs, self._name, self._feed = declaration.named_inputs, declaration.input.name, feed.of(declaration)
        self._outputs = declaration.outputs
        self._as_they_are = not any(output.axis or FREE in output.shape for output in self._outputs)
        self._compute = compute
        self._batched = declaration.batched
        self._varying = [spec for spec in self._inputs if FREE in spec.shape or spec.axis is None]
        tensors = declaration.inputs or (declaration.input,)
        self._most = self._fitting(sum(math.prod(tensor.shape) * tensor.dtype.itemsize for tensor in tensors))
        self._shares = Shares(cores)

    def __call__(self, rows: Rows) -> Sequence[Array]:
        """Return each output for n >= 0 examples.

        An output is (n, ...), or an array (n,) of arrays if its shape may differ from one example to another.
        """
        if len(rows) and not self._varying:
            return self._run(rows, self._most)
        groups = self._groups(rows)
        results = [
            np.empty(len(rows), object) if FREE in output.shape else np.empty((len(rows), *output.shape), output.dtype)
            for output in self._outputs
        ]
        for indices in groups:
            together = rows if len(groups) == 1 else rows[indices]
            most = self._fitting(sum(array.nbytes for array in self.feeds(together[:1]).values()))
            parts = self._run(together, most)
            if len(groups) == 1:
                return parts
            for result, part in zip(results, parts, strict=True):
                result[indices] = part
        return results

    def feeds(self, rows: Rows) -> Mapping[str, Array]:
        """Return the inputs of the network, by name, for n >= 1 examples that run together."""
        if not self._inputs:
            return {self._name: self._feed(rows)}
        return {spec.name: _fed(spec, rows[spec.name]) for spec in self._inputs}

    def _fitting(self, size: int) -> int:
        """Return the number of examples of ``size`` bytes in one run."""
        return min(_MOST_ROWS, max(1, _MOST_BYTES // max(1, size))) if self._batched else 1

    def _groups(self, rows: Rows) -> Sequence[Sequence[int]]:
        """Return groups of examples that run together, as indices."""
        groups: dict[tuple[Any, ...], list[int]] = defaultdict(list)
        keys = [[_key(spec, value) for value in rows[spec.name]] for spec in self._varying]
        for index, key in enumerate(zip(*keys, strict=True)):
            groups[key].append(index)
        return list(groups.values())

    def _run(self, rows: Rows, most: int) -> Sequence[Array]:
        """Return each output for examples that run together, at most ``most`` at a time."""
        parts = self._shares.run(lambda part: self._compute(self.feeds(rows[part])), len(rows), most)
        if self._as_they_are and len(parts) == 1:
            return parts[0]
        return [_whole(output, arrays) for output, arrays in zip(self._outputs, zip(*parts, strict=True), strict=True)]


def _whole(output: Tensor, parts: Sequence[Array]) -> Array:
    """Return one output, joined from all parts, with the batch as the first dimension."""
    axis = output.axis or 0
    array = parts[0] if len(parts) == 1 else np.concatenate(parts, axis)
    array = np.moveaxis(array, axis, 0) if axis else array
    return objects(np.ascontiguousarray(array)) if FREE in output.shape else array


def _fed(spec: NamedInput, column: Array) -> Array:
    """Return one input of the network for the values (n, ...) of the examples."""
    if spec.axis is None:
        return np.array(column[0], spec.dtype)
    array = column if spec.is_fixed else np.stack([np.asarray(value, spec.dtype) for value in column])
    return np.ascontiguousarray(array if not spec.axis else np.moveaxis(array, 0, spec.axis))


def _key(spec: NamedInput, value: Any) -> Any:
    """Return the key of an input value. Examples with equal keys may run together."""
    if spec.axis is not None:
        return value.shape
    array = np.asarray(value, spec.dtype)
    return array.shape, repr(array.tolist()) if spec.datatype == TEXT else array.tobytes()
