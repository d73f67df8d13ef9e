"""Marks apart from the digit: specks, as of dust or a caption, which would widen its box, and further digits."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from model.illumination import Grey

_LEAST = 0.04  # share of all ink that a mark has which belongs to the digit
_LARGE = 0.2  # share of all ink that makes a mark a digit of its own
_PASSES = 3  # rows and columns are looked at in turn: what a mark hid may lie apart without it


class Crop(NamedTuple):
    """The box of the digit.

    ink         (height, width)
    is_whole    False if specks were left out
    is_several  True if large marks lie apart in it
    """

    ink: Grey
    is_whole: bool
    is_several: bool

    @property
    def steps(self) -> tuple[str, ...]:
        return ("specks left out",) * (not self.is_whole) + ("several marks",) * self.is_several


class _Extent(NamedTuple):
    """Rows from the first to the last mark, without specks at the ends; ``large`` marks are apart in them."""

    rows: slice
    left_out: bool
    large: int


def crop(ink: Grey, least: float) -> Crop:
    """Crop ink (height, width) to the digit's box.

    least  ink of a stroke; what is fainter does not count
    """
    strokes = ink >= least
    is_whole = True
    for _ in range(_PASSES):
        rows = _extent(strokes.sum(axis=1))
        columns = _extent(strokes[rows.rows].sum(axis=0))
        box = rows.rows, columns.rows
        ink, strokes = ink[box], strokes[box]
        if not (rows.left_out or columns.left_out):
            break
        is_whole = False
    return Crop(ink, is_whole, max(rows.large, columns.large) > 1)


def _extent(counts: npt.NDArray[np.integer]) -> _Extent:
    """The extent of the ink in each row (n,)."""
    inked = np.flatnonzero(counts)
    gaps = np.flatnonzero(np.diff(inked) > 1)
    if not gaps.size:
        return _Extent(slice(int(inked[0]), int(inked[-1]) + 1), False, 1)
    starts, ends = inked[np.append(0, gaps + 1)], inked[np.append(gaps, len(inked) - 1)] + 1  # of the marks
    totals = np.add.reduceat(counts, starts)
    share = totals / totals.sum()
    kept = np.flatnonzero(share >= _LEAST)
    first, last = int(kept[0]), int(kept[-1])
    left_out = first > 0 or last < len(starts) - 1
    return _Extent(slice(int(starts[first]), int(ends[last])), left_out, int((share >= _LARGE).sum()))
