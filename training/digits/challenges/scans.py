"""Scanned digits of other people than MNIST's: scikit-learn's copy of the UCI set (Alpaydin and Kaynak, 1998)."""

import numpy as np
from PIL import Image

from training.digits.challenges import paper
from training.digits.challenges.challenge import Challenge

_SIDE = 160  # pixels of a digit of 8x8 cells
_MARGIN = 20  # pixels of paper around it: the scans are cropped to the ink


def scans() -> Challenge:
    """All 1,797 scans of 8x8 cells, 0..16, enlarged 20 times by Lanczos' filter, as dark ink on white in PNG files."""
    from sklearn.datasets import load_digits

    cells, labels = load_digits(return_X_y=True)
    files = tuple(_file(cell.reshape(8, 8)) for cell in cells)
    return Challenge("scanned digits", files, labels.astype(np.int64))


def _file(cells: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> bytes:
    small = Image.fromarray((255 - np.rint(cells * (255 / 16))).astype(np.uint8))
    page = Image.new("L", (_SIDE + 2 * _MARGIN,) * 2, 255)
    page.paste(small.resize((_SIDE, _SIDE), Image.Resampling.LANCZOS), (_MARGIN, _MARGIN))
    return paper.png(page)
