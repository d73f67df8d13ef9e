"""Attributions, and the example that they are of, as members of an answer."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from inference.spec import InputSpec, Rows

_MOST_PIXELS = 1 << 16  # of an image: four times as many make 5 MB of JSON


def shown(given: InputSpec, attributions: npt.NDArray[np.float32], row: Rows) -> Mapping[str, Any]:
    """Return the members for one example (*shape): by column if columns have names.

    A large image is shown smaller: attributions are summed over square blocks of pixels, whose side is told, and the
    image has the first pixel of each.
    """
    if given.columns:
        named = (dict(zip(given.columns, numbers, strict=True)) for numbers in (attributions, row))
        return dict(zip(("attributions", given.example), named, strict=True))
    side = block(given)
    if side == 1:
        return {"attributions": attributions, given.example: np.ascontiguousarray(row)}
    starts = [range(0, length, side) for length in attributions.shape]
    sums = np.add.reduceat(np.add.reduceat(attributions, starts[0], axis=0), starts[1], axis=1)
    image = np.ascontiguousarray(row[::side, ::side])
    return {"block": side, "attributions": sums, given.example: image}


def block(given: InputSpec) -> int:
    """Return the side, in pixels, of the blocks by which an image is shown; 1 of other examples."""
    if not given.is_image:
        return 1
    height, width = given.shape[:2]
    side = 1
    while -(-height // side) * -(-width // side) > _MOST_PIXELS:
        side += 1
    return side
