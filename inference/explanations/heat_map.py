"""Attributions as colours over the image that they are of."""

import numpy as np
import numpy.typing as npt
from PIL import Image

from inference.explanations.palette import colours
from inference.explanations.picture import WIDTH
from inference.spec import Rows

_MOST_HEIGHT = 1120  # pixels of the picture: two squares above one another
_OPAQUE = 0.65  # of 1: the colours, the rest is the image in grey


def body(image: Rows, attributions: npt.NDArray[np.float32]) -> Image.Image:
    """Return RGB, 560 pixels wide, of an image uint8 (height, width[, 3]) and its attributions (height, width)."""
    most = float(np.abs(attributions).max()) or 1.0
    heat = Image.fromarray(colours(np.nan_to_num(attributions / most)))
    grey = Image.fromarray(image).convert("L").convert("RGB")
    height, width = attributions.shape
    size = WIDTH, max(1, min(_MOST_HEIGHT, round(WIDTH * height / width)))
    resample = Image.Resampling.NEAREST if width < WIDTH else Image.Resampling.BOX
    return Image.blend(grey.resize(size, resample), heat.resize(size, resample), _OPAQUE)
