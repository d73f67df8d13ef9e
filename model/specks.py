"""Detection of marks apart from the digit: specks, such as dust, that would widen its box, and further digits."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from model.illumination import Grey

_LEAST = 0.04  # least share of all ink for a mark that belongs to the digit
_LARGE = 0.2  # least share of all ink for a mark that counts as a separate digit
_PASSES = 3  # passes over rows and columns: without one speck, another may become separate


class Crop(NamedTuple):
    """Box of the digit.

    ink         (height, width)
    is_whole    False if specks were left out
    is_several  True if it contains several large, separate marks
    """

    ink: Grey
    is_whole: bool
    is_several: bool

    @property
    def steps(self) -> tuple[str, ...]:
        return ("specks left out",) * (not self.is_whole) + ("several marks",) * self.is_several


class _Extent(NamedTuple):
    """Rows from the first to the last mark, without specks at the ends. ``large`` is the number of large marks."""

    rows: slice
    left_out: bool
    large: int


def crop(ink: Grey, least: float) -> Crop:
    """Crop ink (height, width) to the box of the digit.

    least  least value of a pixel that belongs to a stroke
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
    """Return the extent of rows with these numbers of inked pixels (n,)."""
    inked = np.flatnonzero(counts)
    gaps = np.flatnonzero(np.diff(inked) > 1)
    if not gaps.size:
        return _Extent(slice(int(inked[0]), int(inked[-1]) + 1), False, 1)
    starts, ends = inked[np.append(0, gaps + 1)], inked[np.append(gaps, len(inked) - 1)] + 1  # of the marks
    totals = np.add.reduceat(counts, starts)
    share = totals / totals.sum()
    marks = np.flatnonzero(share >= _LEAST)
    first, last = int(marks[0]), int(marks[-1])
    left_out = first > 0 or last < len(starts) - 1
    return _Extent(slice(int(starts[first]), int(ends[last])), left_out, int((share >= _LARGE).sum()))
