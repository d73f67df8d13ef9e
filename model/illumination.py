"""Uneven light: the background of a photographed page, estimated wherever ink hides it."""

from functools import lru_cache

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
    """Return whether the pixels along a picture's border (n,) are more than one background and its noise."""
    return bool(are_uneven(border))


def are_uneven(borders: npt.NDArray[np.floating | np.integer]) -> npt.NDArray[np.bool_]:
    """As ``is_uneven``, of many borders (k, n). Gives bool (k,)."""
    ordered = np.sort(borders, axis=-1)
    low, high = _quantile(ordered, 0.25), _quantile(ordered, 0.75)  # ink that touches the border is beyond them
    uneven: npt.NDArray[np.bool_] = high - low > _UNEVEN
    return uneven


def _quantile(ordered: npt.NDArray[np.floating | np.integer], share: float) -> npt.NDArray[np.floating]:
    """As np.quantile, which takes ten times as long, of ascending numbers (..., n)."""
    place = share * (ordered.shape[-1] - 1)
    below = int(place)
    part = place - below
    quantile: npt.NDArray[np.floating] = ordered[..., below] * (1.0 - part)
    return quantile if part == 0.0 else quantile + ordered[..., below + 1] * part


def ink_of(grey: Grey) -> tuple[Grey, bool]:
    """Return the ink of an unevenly lit picture (height, width), 0..255, and True if it is dark.

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
    """Return whether the picture is darker than its border, mostly paper, by more than it is lighter."""
    difference = grey - _light(grey)
    return bool(-difference.min() > difference.max())


def _light(grey: Grey) -> Grey:
    """The quadratic surface through the border, by trimmed least squares: ink that touches the border is left out."""
    terms, border = _terms(*grey.shape)
    every, shades = terms[border], grey[border]  # (b, 6), (b,)
    points, values = every, shades
    for _ in range(_FITS):
        coefficients = np.linalg.lstsq(points, values, rcond=None)[0]
        distance = np.abs(every @ coefficients - shades)
        near = distance <= median(distance)
        points, values = every[near], shades[near]
    light: Grey = (terms @ coefficients).astype(np.float32)
    return light


@lru_cache(maxsize=32)  # 150 kB at most for each shape
def _terms(height: int, width: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """The six terms of a quadratic surface (height, width, 6), and which pixels are the border (height, width)."""
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    terms = np.stack([np.ones_like(x), x, y, x * y, x * x, y * y], axis=-1)
    return terms, (np.abs(x) == 1.0) | (np.abs(y) == 1.0)


def median(values: npt.NDArray[np.floating]) -> float:
    """As np.median, which takes 20 times as long for so few values."""
    middle = len(values) // 2
    ordered = np.sort(values)
    return float(ordered[middle] if len(values) % 2 else (ordered[middle - 1] + ordered[middle]) / 2.0)


def _closed(grey: Grey) -> Grey:
    """The closing by a square window, with the slope of the light going on beyond the picture's edges."""
    margin = _WINDOW - 1  # what two passes of the window reach
    return -_largest(-_largest(_padded(_padded(grey, margin).T, margin).T))


def _padded(grey: Grey, margin: int) -> Grey:
    """The rows continued beyond the first and the last, mirrored at them in place and in shade."""
    if len(grey) <= margin:
        return np.pad(grey, ((margin, margin), (0, 0)), mode="reflect", reflect_type="odd")
    above, below = grey[margin:0:-1], grey[-2 : -margin - 2 : -1]
    return np.concatenate([2 * grey[:1] - above, grey, 2 * grey[-1:] - below])


def _largest(grey: Grey) -> Grey:
    """The largest pixel in each whole window: (h, w) to (h - 14, w - 14)."""
    return _largest_of_rows(_largest_of_rows(grey).T).T


def _largest_of_rows(grey: Grey) -> Grey:
    """The largest of each 15 rows below one another: (h, w) to (h - 14, w). Two of 8 that overlap in one make 15."""
    for step in (1, 2, 4, _WINDOW - 8):
        grey = np.maximum(grey[:-step], grey[step:])
    return grey


def _small_size(grey: Grey) -> tuple[int, int]:
    scale = min(1.0, _SMALL_SIDE / max(grey.shape))
    return max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale))


def _resized(grey: Grey, size: tuple[int, int]) -> Grey:
    if size == (grey.shape[1], grey.shape[0]):
        return grey
    return np.asarray(Image.fromarray(grey).resize(size, Image.Resampling.BILINEAR), dtype=np.float32)
