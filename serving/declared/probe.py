"""The dimension of the batch in the outputs of a graph with inputs by name, found by running it."""

from collections.abc import Mapping, Sequence

import numpy as np

from inference.declared.network import named_input
from inference.declared.runner import Runner
from inference.runtimes.graph import Graph
from inference.spec import Rows
from serving.declared import outputs
from serving.declared.inputs import Given

_COUNTS = (2, 3)


def axes(given: Given, content: bytes, names: Sequence[str], rows: Rows) -> Mapping[str, int]:
    """Return the dimension of each output that grows with the batch.

    rows  examples, the first of which is run

    Raises DeclarationError for an output of which none does.
    """
    inputs = [named_input(tensor, given.defaults) for tensor in given.inputs]
    session = Graph(content, names)
    runner = Runner(inputs, (), session.run_all, batched=given.batched)

    def shapes(count: int) -> list[tuple[int, ...]]:
        return [np.shape(output) for output in session.run_all(runner.feeds(np.repeat(rows[:1], count)))]

    if not given.free:
        return {name: _single(name, shape) for name, shape in zip(names, shapes(1), strict=True)}
    return {name: _axis(name, *pair) for name, *pair in zip(names, *map(shapes, _COUNTS), strict=True)}


def _single(name: str, shape: tuple[int, ...]) -> int:
    """The first side of 1, for a graph that takes one example."""
    if 1 not in shape:
        raise outputs.without_batch(name, {1: shape})
    return shape.index(1)


def _axis(name: str, *shapes: tuple[int, ...]) -> int:
    """The only side that is as long as the number of examples, and else the same."""
    if len({len(shape) for shape in shapes}) == 1:
        differ = [axis for axis, sides in enumerate(zip(*shapes, strict=True)) if len(set(sides)) > 1]
        if len(differ) == 1 and tuple(shape[differ[0]] for shape in shapes) == _COUNTS:
            return differ[0]
    raise outputs.without_batch(name, dict(zip(_COUNTS, shapes, strict=True)))
