"""Examples of inputs by name, run through a network in batches of equal shapes."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from inference.declared.declaration import Tensor
from inference.inputs.named import FREE, TEXT, Array, NamedInput, objects
from inference.spec import Rows

MOST_ROWS = 8192  # examples in one run, and
MOST_BYTES = 16 << 20  # their numbers: a network's own are several times as many
Compute = Callable[[Mapping[str, Array]], Sequence[Array]]


class Runner:
    """Gives a network's outputs for examples.

    Examples run together if their arrays have the same shapes, and the inputs without a batch the same value.
    """

    def __init__(
        self, inputs: Sequence[NamedInput], outputs: Sequence[Tensor], compute: Compute, *, batched: bool
    ) -> None:
        self._inputs = inputs
        self._outputs = outputs
        self._compute = compute
        self._batched = batched
        self._varying = [given for given in inputs if FREE in given.shape or given.axis is None]

    def __call__(self, rows: Rows) -> list[Array]:
        """Return each output for n >= 0 examples (n,).

        An output is (n, ...), or an array (n,) of arrays if its shape may differ from one example to another.
        """
        groups = self._groups(rows)
        if len(groups) == 1:
            return [self._whole(output, parts) for output, parts in zip(self._outputs, self._run(rows), strict=True)]
        results = [self._empty(output, len(rows)) for output in self._outputs]
        for indices in groups:
            for result, output, parts in zip(results, self._outputs, self._run(rows[indices]), strict=True):
                result[indices] = self._whole(output, parts)
        return results

    def feeds(self, rows: Rows) -> dict[str, Array]:
        """Return the network's inputs for n >= 1 examples that run together."""
        return {given.name: _fed(given, rows[given.name]) for given in self._inputs}

    def _groups(self, rows: Rows) -> list[list[int]]:
        """Indices of the examples that run together."""
        if not self._varying and len(rows):
            return [list(range(len(rows)))]
        groups: dict[tuple[Any, ...], list[int]] = defaultdict(list)
        keys = [[_key(given, value) for value in rows[given.name]] for given in self._varying]
        for index, key in enumerate(zip(*keys, strict=True)):
            groups[key].append(index)
        return list(groups.values())

    def _run(self, rows: Rows) -> list[list[Array]]:
        """Each output of examples that run together, in parts."""
        size = 1
        if self._batched:
            size = min(MOST_ROWS, max(1, MOST_BYTES // sum(fed.nbytes for fed in self.feeds(rows[:1]).values())))
        parts = [self._compute(self.feeds(rows[start : start + size])) for start in range(0, len(rows), size)]
        return [
            [array if not output.axis else np.moveaxis(array, output.axis, 0) for array in arrays]
            for output, arrays in zip(self._outputs, zip(*parts, strict=True), strict=True)
        ]

    def _whole(self, output: Tensor, parts: Sequence[Array]) -> Array:
        array = parts[0] if len(parts) == 1 else np.concatenate(parts)
        return objects(np.ascontiguousarray(array)) if FREE in output.shape else array

    def _empty(self, output: Tensor, count: int) -> Array:
        if FREE in output.shape:
            return np.empty(count, object)
        return np.empty((count, *output.shape), output.dtype)


def _fed(given: NamedInput, column: Array) -> Array:
    """One input of the network from the examples' values (n, ...)."""
    if given.axis is None:
        return np.array(column[0], given.dtype)
    array = column if given.is_fixed else np.stack([np.asarray(value, given.dtype) for value in column])
    return np.ascontiguousarray(array if not given.axis else np.moveaxis(array, 0, given.axis))


def _key(given: NamedInput, value: Any) -> Any:
    """Return the key that the values of an input must share to run together."""
    if given.axis is not None:
        return value.shape
    array = np.asarray(value, given.dtype)
    return array.shape, repr(array.tolist()) if given.datatype == TEXT else array.tobytes()
