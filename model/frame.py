"""A frame around a page: the edge that a scanner or a screenshot leaves, on some sides or all, or a box in a form."""

from typing import NamedTuple

import numpy as np

from model.illumination import Grey, median

_APART = 64.0  # of 255: between the shades of a frame and of the page in it
_NEAR = 40.0  # of 255: pixels of one shade
_BLUR = 16.0  # of 255: a row that is still further from the page's shade belongs to the frame
_PLAIN = 0.04  # share of the border that may be of other shades where there is no frame
_UNIFORM = 0.85  # share of a side that is of the frame's shade if all four sides are framed,
_COMPLETE = 0.97  # and if fewer are: a stroke may lie along one side
_MOST = 0.5  # share of a picture that a frame takes: what takes more is the page, and its box a stroke
_WIDEST = 4  # a frame takes at most a quarter of each side,
_LINE = 16  # and a line around the page a sixteenth: a digit's stroke is wider
_LEAST_CONTRAST = 48.0  # of 255: what is left without the frame must have a digit in it
_DEPTH = 4  # frames in one another, and blurred rows between them
_SAMPLES = 56  # pixels of a row that are looked at, or so


class _Margin(NamedTuple):
    """One side of a picture.

    rows     of the frame there; 0 if there is none
    shade    of the outermost row
    page     shade of the page behind them
    uniform  share of the outermost row that is of one shade
    """

    rows: int
    shade: float
    page: float
    uniform: float


def without(grey: Grey) -> Grey | None:
    """Return a picture (height, width) without the frames around it; None if it has none."""
    return _without(grey, _WIDEST, _DEPTH)


def _without(grey: Grey, widest: int, depth: int) -> Grey | None:
    if depth == 0 or min(grey.shape) < 2 * widest or _is_plain(grey):
        return None
    margins = [_margin(side, widest) for side in _sides(grey)]
    least = _UNIFORM if all(margin.rows for margin in margins) else _COMPLETE
    framed = [margin if margin.uniform >= least else margin._replace(rows=0) for margin in margins]
    if not any(margin.rows for margin in framed):
        return None
    top, bottom, left, right = (margin.rows for margin in framed)
    inner = grey[top : len(grey) - bottom, left : grey.shape[1] - right]
    shade, page = (
        median(np.array(values)) for values in zip(*(margin[1:3] for margin in framed if margin.rows), strict=True)
    )
    if not _is_page(inner, page):
        return None
    if abs(median(_some(inner).ravel()) - page) < _NEAR and (np.abs(_some(grey) - shade) < _NEAR).mean() < _MOST:
        deeper = _without(inner, widest, depth - 1)
        return inner if deeper is None else deeper
    return _without(inner, _LINE, depth - 1)  # the page begins behind a line


def _is_plain(grey: Grey) -> bool:
    """Return True if the border is of the picture's shade, as most are, and no box is drawn inside."""
    border = _border(grey)
    shade = median(border)
    if (np.abs(border - shade) >= _APART).mean() >= _PLAIN or not _is_mostly_of(_some(grey), shade):
        return False
    return max(grey.shape) < _SAMPLES or not all(_is_crossed(side, shade) for side in _sides(grey))


def _is_mostly_of(grey: Grey, shade: float) -> bool:
    """Return True if the median is of nearly this shade. To count is a tenth of finding the median."""
    most = grey.size // 2
    below, above = np.count_nonzero(grey < shade + _APART), np.count_nonzero(grey > shade - _APART)
    return bool(below > most and above > most)


def _is_crossed(rows: Grey, shade: float) -> bool:
    """Return True if a line may run along this side: three ways inwards meet it at the same row."""
    width = rows.shape[1]
    ways = rows[: len(rows) // _WIDEST, width // 4 : width : max(1, width // 4)]
    return bool((np.abs(ways - shade) >= _APART).all(axis=1).any())


def _margin(rows: Grey, widest: int) -> _Margin:
    """The frame before a page, with the blurred rows between them."""
    some = rows[: len(rows) // widest + 2, :: max(1, rows.shape[1] // _SAMPLES)]
    medians = np.sort(some, axis=1)[:, some.shape[1] // 2]
    shade = float(medians[0])
    apart = np.abs(medians - shade) >= _APART
    if not apart[:-1].any():
        return _Margin(0, shade, shade, 0.0)
    first = int(apart.argmax())
    page = float(medians[first + 1])
    count = int((np.abs(medians[first:] - page) < _BLUR).argmax()) + first
    return _Margin(count, shade, page, float((np.abs(some[0] - shade) < _NEAR).mean()))


def _is_page(inner: Grey, page: float) -> bool:
    """Return True if the remaining image has an edge of one shade, and content."""
    if min(inner.shape) < 2 or np.ptp(inner) < _LEAST_CONTRAST:
        return False
    return bool((np.abs(_border(inner) - page) < _NEAR).mean() >= _UNIFORM)


def _sides(grey: Grey) -> tuple[Grey, ...]:
    """The picture from each side: its first row lies along that."""
    return grey, grey[::-1], grey.T, grey.T[::-1]


def _border(grey: Grey) -> Grey:
    return np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])


def _some(grey: Grey) -> Grey:
    """Some pixels of a picture, evenly spread."""
    step = max(1, max(grey.shape) // _SAMPLES)
    return grey[::step, ::step]
