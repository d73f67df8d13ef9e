"""Uneven light: the background of a photographed page, estimated wherever ink hides it."""

import numpy as np
import numpy.typing as npt
from PIL import Image

Grey = npt.NDArray[np.float32]  # (height, width), 0..255

_SMALL_SIDE = 56  # light changes slowly: the background is estimated at this size
_FITS = 3  # each through the half of the border that the one before was nearest to
_WINDOW = 15  # of 56, more than the widest stroke: what is narrower counts as ink
_UNEVEN = 24.0  # of 255: a border whose middle half spreads further is not one shade of paper
_FLOOR = 0.4  # of the ink's peak: where the background is a guess, fainter marks are the guess's error


def is_uneven(border: Grey) -> bool:
    """Whether the pixels along a picture's border (n,) are more than one background and its noise."""
    low, high = np.percentile(border, (25, 75))  # ink that touches the border is beyond them
    return bool(high - low > _UNEVEN)


def ink_of(grey: Grey) -> tuple[Grey, bool]:
    """The ink of an unevenly lit picture (height, width), 0..255 and 0 where there is none; and whether it is dark.

    The background under dark strokes is the morphological closing of the picture, under light ones its opening
    (Serra, 1982): both leave the edge of a shadow where it is. Dark ink is told as the share of light it takes,
    for ink in a shadow takes the same share as ink beside it.
    """
    small = _resized(grey, _small_size(grey))
    dark = _has_dark_ink(small)
    background = _resized(_closed(small) if dark else -_closed(-small), (grey.shape[1], grey.shape[0]))
    share = 1.0 - grey / np.maximum(background, 1.0)
    ink: Grey = np.maximum(255.0 * share if dark else grey - background, 0.0).astype(np.float32)
    ink[ink < _FLOOR * ink.max()] = 0.0
    return ink, dark


def _has_dark_ink(grey: Grey) -> bool:
    """Whether the picture goes further below than above the light that its border, mostly paper, tells of."""
    difference = grey - _light(grey)
    return bool(-difference.min() > difference.max())


def _light(grey: Grey) -> Grey:
    """The quadratic surface through the border, by trimmed least squares: ink that touches the border is left out."""
    height, width = grey.shape
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    terms = np.stack([np.ones_like(x), x, y, x * y, x * x, y * y], axis=-1)  # (height, width, 6)
    border = (np.abs(x) == 1.0) | (np.abs(y) == 1.0)
    points, values = terms[border], grey[border]
    for _ in range(_FITS):
        coefficients = np.linalg.lstsq(points, values, rcond=None)[0]
        distance = np.abs(terms[border] @ coefficients - grey[border])
        near = distance <= np.median(distance)
        points, values = terms[border][near], grey[border][near]
    light: Grey = (terms @ coefficients).astype(np.float32)
    return light


def _closed(grey: Grey) -> Grey:
    """The closing by a square window, with the slope of the light going on beyond the picture's edges."""
    margin = _WINDOW - 1  # what two passes of the window reach
    padded = np.pad(grey, margin, mode="reflect", reflect_type="odd")
    return -_largest(-_largest(padded))


def _largest(grey: Grey) -> Grey:
    """The largest pixel in each whole window: (h, w) to (h - 14, w - 14)."""
    for axis in (0, 1):
        grey = np.lib.stride_tricks.sliding_window_view(grey, _WINDOW, axis=axis).max(axis=-1)
    return grey


def _small_size(grey: Grey) -> tuple[int, int]:
    scale = min(1.0, _SMALL_SIDE / max(grey.shape))
    return max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale))


def _resized(grey: Grey, size: tuple[int, int]) -> Grey:
    return np.asarray(Image.fromarray(grey).resize(size, Image.Resampling.BILINEAR), dtype=np.float32)
