"""Removal of frames around a page: edges of scans or screenshots, on some or all sides, or the box of a form."""

from typing import NamedTuple

import numpy as np

from model.illumination import Grey, median

_APART = 64.0  # of 255: least difference between the shades of a frame and of its page
_NEAR = 40.0  # of 255: largest difference between pixels of one shade
_BLUR = 16.0  # of 255: a row with a larger difference from the page belongs to the frame
_PLAIN = 0.04  # largest share of the border in other shades, for a picture without a frame
_UNIFORM = 0.85  # least share of a side in the shade of the frame, if all four sides have a frame
_COMPLETE = 0.97  # the same if fewer sides have a frame, because a stroke may lie along one side
_MOST = 0.5  # largest share of a picture for a frame; a larger area is the page, and the box in it a stroke
_WIDEST = 4  # a frame takes at most a quarter of each side
_LINE = 16  # a line around the page takes at most a sixteenth of each side; strokes of digits are wider
_LEAST_CONTRAST = 48.0  # of 255: least contrast inside the frame, which must contain a digit
_DEPTH = 4  # largest number of nested frames, including blurred rows between them
_SAMPLES = 56  # approximate number of sampled pixels in a row


class _Margin(NamedTuple):
    """Frame on one side of a picture.

    rows     number of rows; 0 without a frame
    shade    shade of the outermost row
    page     shade of the page behind the frame
    uniform  share of the outermost row in that shade
    """

    rows: int
    shade: float
    page: float
    uniform: float


def without(grey: Grey) -> Grey | None:
    """Return a picture (height, width) without its frames; None if it has no frame."""
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
    """Return True if the border has the shade of the picture, as in most pictures, and there is no box inside."""
    border = _border(grey)
    shade = median(border)
    if (np.abs(border - shade) >= _APART).mean() >= _PLAIN or not _is_mostly_of(_some(grey), shade):
        return False
    return max(grey.shape) < _SAMPLES or not all(_is_crossed(side, shade) for side in _sides(grey))


def _is_mostly_of(grey: Grey, shade: float) -> bool:
    """Return True if the median has nearly this shade. Counting takes a tenth of the time of computing the median."""
    most = grey.size // 2
    below, above = np.count_nonzero(grey < shade + _APART), np.count_nonzero(grey > shade - _APART)
    return bool(below > most and above > most)


def _is_crossed(rows: Grey, shade: float) -> bool:
    """Return True if there may be a line along this side: three paths inwards cross it in the same row."""
    width = rows.shape[1]
    ways = rows[: len(rows) // _WIDEST, width // 4 : width : max(1, width // 4)]
    return bool((np.abs(ways - shade) >= _APART).all(axis=1).any())


def _margin(rows: Grey, widest: int) -> _Margin:
    """Return the frame on the side of the first row, including the blurred rows before the page."""
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
    """Return the picture in four orientations, with a different side as the first row."""
    return grey, grey[::-1], grey.T, grey.T[::-1]


def _border(grey: Grey) -> Grey:
    return np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])


def _some(grey: Grey) -> Grey:
    """Return evenly spaced pixels of a picture."""
    step = max(1, max(grey.shape) // _SAMPLES)
    return grey[::step, ::step]
