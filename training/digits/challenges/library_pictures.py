"""Photographs and scanned digits from scikit-learn and matplotlib. No training uses such pictures."""

from functools import cache

import numpy as np
import numpy.typing as npt
from PIL import Image

from training.digits.challenges import paper
from training.digits.challenges.challenge import Challenge

_LEAST, _MOST = 40, 400  # pixels of the longer side of a photograph
PHOTOGRAPHS = ("china.jpg", "flower.jpg", "grace_hopper.jpg")  # a temple, a flower and a portrait
_SIDE = 160  # pixels of a digit of 8x8 cells
_MARGIN = 20  # pixels of paper added around a digit, because the scans have no margin


def piece(name: str, rng: np.random.Generator) -> bytes:
    """Return a random piece of a photograph, in colour, as JPEG or PNG."""
    photograph = _photograph(name)
    height, width = paper.size(rng, _LEAST, _MOST)
    top, left = (int(rng.integers(0, photograph.shape[axis] - side + 1)) for axis, side in enumerate((height, width)))
    return paper.encoded(photograph[top : top + height, left : left + width].astype(np.float32), rng)


@cache
def _photograph(name: str) -> npt.NDArray[np.uint8]:
    """Return a photograph in colour, uint8 (height, width, 3)."""
    from matplotlib.cbook import get_sample_data
    from sklearn.datasets import load_sample_image

    if name != "grace_hopper.jpg":
        return np.asarray(load_sample_image(name))
    with Image.open(str(get_sample_data(name, asfileobj=False))) as image:
        return np.asarray(image.convert("RGB"))


def scans() -> Challenge:
    """Return digits of other writers than MNIST's: scikit-learn's copy of the UCI set (Alpaydin and Kaynak, 1998).

    It has 1,797 scans of 8x8 cells, 0..16. They are enlarged 20 times by Lanczos' filter: dark ink on white, as PNG.
    """
    from sklearn.datasets import load_digits

    cells, labels = load_digits(return_X_y=True)
    files = tuple(_page(cell.reshape(8, 8)) for cell in cells)
    return Challenge("scanned digits", files, labels.astype(np.int64))


def _page(cells: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> bytes:
    small = Image.fromarray((255 - np.rint(cells * (255 / 16))).astype(np.uint8))
    page = Image.new("L", (_SIDE + 2 * _MARGIN,) * 2, 255)
    page.paste(small.resize((_SIDE, _SIDE), Image.Resampling.LANCZOS), (_MARGIN, _MARGIN))
    return paper.png(page)
