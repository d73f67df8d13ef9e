"""Correction of uneven light. The background of a photographed page is estimated where ink covers it."""

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image

Grey = npt.NDArray[np.float32]  # (height, width), 0..255

_SMALL_SIDE = 56  # light changes slowly: the background is estimated at this size
_FITS = 3  # number of fits; each uses the half of the border that is nearest to the fit before
_WINDOW = 15  # of 56 pixels, wider than any stroke: narrower marks count as ink
_UNEVEN = 24.0  # of 255: if the interquartile range of the border is larger, the paper has several shades
_FLOOR = 0.4  # of the peak of the ink: fainter marks may be errors of the estimated background


def is_uneven(border: Grey) -> bool:
    """Return True if the pixels along the border of a picture (n,) vary more than one background with noise."""
    return bool(are_uneven(border))


def are_uneven(borders: npt.NDArray[np.floating | np.integer]) -> npt.NDArray[np.bool_]:
    """Return ``is_uneven`` for many borders (k, n), bool (k,)."""
    ordered = np.sort(borders, axis=-1)
    low, high = _quantile(ordered, 0.25), _quantile(ordered, 0.75)  # ink that touches the border is outside this range
    return high - low > _UNEVEN


def _quantile(ordered: npt.NDArray[np.floating | np.integer], share: float) -> npt.NDArray[np.floating]:
    """Return the quantile of ascending numbers (..., n). np.quantile takes ten times as long."""
    place = share * (ordered.shape[-1] - 1)
    below = int(place)
    part = place - below
    quantile: npt.NDArray[np.floating] = ordered[..., below] * (1.0 - part)
    return quantile if part == 0.0 else quantile + ordered[..., below + 1] * part


def ink_of(grey: Grey) -> tuple[Grey, bool]:
    """Return the ink of an unevenly lit picture (height, width), 0..255, and True if the ink is dark.

    The background is the morphological closing of the picture for dark strokes, its opening for light ones (Serra,
    1982). Both keep the edges of shadows. Dark ink is the share of light that it absorbs, because this share is equal
    inside and outside a shadow.
    """
    small = _resized(grey, _small_size(grey))
    dark = _has_dark_ink(small)
    background = _resized(_closed(small) if dark else -_closed(-small), (grey.shape[1], grey.shape[0]))
    share = 1.0 - grey / np.maximum(background, 1.0)
    ink: Grey = np.maximum(255.0 * share if dark else grey - background, 0.0).astype(np.float32)
    ink[ink < _FLOOR * ink.max()] = 0.0
    return ink, dark


def _has_dark_ink(grey: Grey) -> bool:
    """Return True if the darkest pixel differs more from the light of the paper than the lightest pixel."""
    difference = grey - _light(grey)
    return bool(-difference.min() > difference.max())


def _light(grey: Grey) -> Grey:
    """Return a quadratic surface through the border, by trimmed least squares, without ink that touches the border."""
    terms, border = _terms(*grey.shape)
    every, shades = terms[border], grey[border]  # (b, 6), (b,)
    points, values = every, shades
    for _ in range(_FITS):
        coefficients = np.linalg.lstsq(points, values, rcond=None)[0]
        distance = np.abs(every @ coefficients - shades)
        near = distance <= median(distance)
        points, values = every[near], shades[near]
    return (terms @ coefficients).astype(np.float32)


@lru_cache(maxsize=32)  # at most 150 kB for each shape
def _terms(height: int, width: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Return the six terms of a quadratic surface (height, width, 6), and the mask of the border (height, width)."""
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    terms = np.stack([np.ones_like(x), x, y, x * y, x * x, y * y], axis=-1)
    return terms, (np.abs(x) == 1.0) | (np.abs(y) == 1.0)


def median(values: npt.NDArray[np.floating]) -> float:
    """Return the median of values (n,). For few values np.median takes 20 times as long."""
    middle = len(values) // 2
    ordered = np.sort(values)
    return float(ordered[middle] if len(values) % 2 else (ordered[middle - 1] + ordered[middle]) / 2.0)


def _closed(grey: Grey) -> Grey:
    """Return the closing by a square window. Beyond the edges of the picture the slope of the light continues."""
    margin = _WINDOW - 1  # reach of two passes of the window
    return -_largest(-_largest(_padded(_padded(grey, margin).T, margin).T))


def _padded(grey: Grey, margin: int) -> Grey:
    """Return the rows, continued beyond the first and the last row by reflection of position and shade."""
    if len(grey) <= margin:
        return np.pad(grey, ((margin, margin), (0, 0)), mode="reflect", reflect_type="odd")
    above, below = grey[margin:0:-1], grey[-2 : -margin - 2 : -1]
    return np.concatenate([2 * grey[:1] - above, grey, 2 * grey[-1:] - below])


def _largest(grey: Grey) -> Grey:
    """Return the largest pixel in each whole window: (h, w) to (h - 14, w - 14)."""
    return _largest_of_rows(_largest_of_rows(grey).T).T


def _largest_of_rows(grey: Grey) -> Grey:
    """Return the maximum of each 15 consecutive rows: (h, w) to (h - 14, w). The last step joins two windows of 8."""
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
