"""A frame around a page: the black edge that a scanner or a screenshot leaves."""

import numpy as np

from model.illumination import Grey, median

_APART = 64.0  # of 255: between the shades of a frame and of the page in it
_NEAR = 40.0  # of 255: pixels of one shade
_UNIFORM = 0.85  # share of a side that is of the frame's shade
_WIDEST = 4  # a frame takes at most a quarter of each side
_LEAST_CONTRAST = 48.0  # of 255: what is left without the frame must have a digit in it


def without(grey: Grey) -> Grey | None:
    """Return a picture (height, width) without the frame around it; None if it has none."""
    edge = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    shade = median(edge)
    if _is_mostly_of(grey, shade) or (np.abs(edge - shade) < _NEAR).mean() < _UNIFORM:
        return None
    page = float(np.median(grey))
    if abs(shade - page) < _APART:
        return None
    top, bottom = _margins(grey, shade, page)
    left, right = _margins(grey.T, shade, page)
    inner = grey[top : len(grey) - bottom, left : grey.shape[1] - right]
    if min(inner.shape) < 2:
        return None
    edge = np.concatenate([inner[0], inner[-1], inner[:, 0], inner[:, -1]])
    is_page = (np.abs(edge - page) < _NEAR).mean() >= _UNIFORM
    return inner if is_page and float(np.ptp(inner)) >= _LEAST_CONTRAST else None


def _is_mostly_of(grey: Grey, shade: float) -> bool:
    """Return True if the median is of nearly this shade. To count is a tenth of finding the median."""
    most = grey.size // 2
    below, above = np.count_nonzero(grey < shade + _APART), np.count_nonzero(grey > shade - _APART)
    return bool(below > most and above > most)


def _margins(grey: Grey, shade: float, page: float) -> tuple[int, int]:
    """The rows of the frame above and below the page, with the blurred row between them."""
    most = len(grey) // _WIDEST
    framed = np.abs(np.median(grey, axis=1) - page) >= np.abs(shade - page) / 8
    above, below = framed[:most], framed[::-1][:most]
    return int((~above).argmax()) if not above.all() else most, int((~below).argmax()) if not below.all() else most
