"""Attributions and their example as members of an answer."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from inference.spec import InputSpec, Rows

_MOST_PIXELS = 1 << 16  # of a shown image: four times as many make 5 MB of JSON


def shown(spec: InputSpec, attributions: npt.NDArray[np.float32], row: Rows) -> Mapping[str, Any]:
    """Return the members for one example (*shape): by column if columns have names.

    A large image is reduced: attributions are summed over square blocks of pixels, and the image has the first pixel of
    each block. The member ``block`` is the side of a block.
    """
    if spec.columns:
        named = (dict(zip(spec.columns, numbers, strict=True)) for numbers in (attributions, row))
        return dict(zip(("attributions", spec.example), named, strict=True))
    side = block(spec)
    if side == 1:
        return {"attributions": attributions, spec.example: np.ascontiguousarray(row)}
    starts = [range(0, length, side) for length in attributions.shape]
    sums = np.add.reduceat(np.add.reduceat(attributions, starts[0], axis=0), starts[1], axis=1)
    image = np.ascontiguousarray(row[::side, ::side])
    return {"block": side, "attributions": sums, spec.example: image}


def block(spec: InputSpec) -> int:
    """Return the side, in pixels, of the blocks to which an image is reduced; 1 for other examples."""
    if not spec.is_image:
        return 1
    height, width = spec.shape[:2]
    side = 1
    while -(-height // side) * -(-width // side) > _MOST_PIXELS:
        side += 1
    return side
