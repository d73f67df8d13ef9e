"""Pieces of the photographs that come with scikit-learn and matplotlib: nothing like them is trained with."""

from functools import cache

import numpy as np
import numpy.typing as npt
from PIL import Image

from training.digits.challenges import paper
from training.digits.challenges.paper import Files

_LEAST, _MOST = 40, 400  # pixels of the longer side


def crops(count: int, seed: int) -> Files:
    """Pieces of a temple, a flower and a portrait, in colour, as JPEG or PNG."""
    return paper.files(_PHOTOGRAPHS, _piece, count, seed)


def _piece(name: str, rng: np.random.Generator) -> bytes:
    photograph = _photograph(name)
    height, width = paper.size(rng, _LEAST, _MOST)
    top, left = (int(rng.integers(0, photograph.shape[axis] - side + 1)) for axis, side in enumerate((height, width)))
    return paper.encoded(photograph[top : top + height, left : left + width].astype(np.float32), rng)


_PHOTOGRAPHS = ("china.jpg", "flower.jpg", "grace_hopper.jpg")


@cache
def _photograph(name: str) -> npt.NDArray[np.uint8]:
    """Colours (height, width, 3)."""
    from matplotlib.cbook import get_sample_data
    from sklearn.datasets import load_sample_image

    if name != "grace_hopper.jpg":
        return np.asarray(load_sample_image(name))
    with Image.open(str(get_sample_data(name, asfileobj=False))) as image:
        return np.asarray(image.convert("RGB"))
