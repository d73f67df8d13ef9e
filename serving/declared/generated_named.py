"""Generated examples of inputs by name."""

from collections.abc import Sequence

import numpy as np

from inference.inputs.named import FREE, TEXT, Array, NamedInput, joined
from inference.spec import Rows

_SEED = 20
_SIDES = (16, 24)  # of shapes that may vary, in turn
_TEXTS = ("a", "some words", "Grüße", "2 + 2 = 4", "")


def rows(inputs: Sequence[NamedInput], own: Sequence[Rows], count: int) -> Rows:
    """Return examples (count,), drawn from a seed.

    own  the folder's examples: generated ones have their shapes, texts, and values that a batch shares
    """
    random = np.random.default_rng(_SEED)
    templates = own[0] if own else None
    shared = {tensor.name: _drawn(tensor, tensor.shape, random) for tensor in inputs if tensor.axis is None}

    def column(given: NamedInput) -> list[Array]:
        values: list[Array | None]
        if templates is None:
            values = [given.default if given.default is not None and given.axis is None else None] * count
            shapes = [
                tuple(_SIDES[index % 2] if side == FREE else side for side in given.shape) for index in range(count)
            ]
        else:
            drawn = [np.asarray(value, given.dtype) for value in templates[given.name]]
            values = [drawn[index % len(drawn)] for index in range(count)]
            shapes = [drawn[index % len(drawn)].shape for index in range(count)]
        if given.axis is None:
            return [shared[given.name] if value is None else value for value in values]
        if given.datatype == TEXT and templates is not None:
            return [value for value in values if value is not None]
        return [_drawn(given, shape, random) for shape in shapes]

    return joined(inputs, {given.name: column(given) for given in inputs}, count)


def _drawn(given: NamedInput, shape: Sequence[int], random: np.random.Generator) -> Array:
    """One value: normal floats, small whole numbers, booleans or texts."""
    sides = [_SIDES[0] if side == FREE else side for side in shape]
    if given.datatype == TEXT:
        return random.choice(np.array(_TEXTS, object), sides)
    if given.dtype.kind == "f":
        return random.normal(size=sides).astype(given.dtype)
    return random.integers(0, 2, sides).astype(given.dtype)  # an index that a network looks up exists
