"""Picture of an explanation: heat map with the digit's outline, and caption."""

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from inference.explanations.caption import Caption
from inference.explanations.explanation import Explanation
from inference.explanations.palette import Colours, colours
from inference.explanations.picture import WIDTH, framed
from model.pixels import SIDE, Images

SCALE = WIDTH // SIDE  # screen pixels for a pixel
_OUTLINE = (64, 64, 64)
_INKED = 96  # of 255: what counts as inside the outline


def draw(image: Images, explanation: Explanation, caption: Caption) -> bytes:
    """Return a PNG, 580x700. Orange is for the target, blue against it, white neutral.

    image  uint8 (28, 28), outlined over the heat map
    """
    map_ = Image.fromarray(_heat(explanation)).resize((SIDE * SCALE, SIDE * SCALE), Image.Resampling.NEAREST)
    _outline(ImageDraw.Draw(map_), image >= _INKED)
    return framed(map_, caption)


def _heat(explanation: Explanation) -> Colours:
    most = float(np.abs(explanation.attributions).max()) or 1.0
    return colours(explanation.attributions / most)


def _outline(pen: ImageDraw.ImageDraw, inside: npt.NDArray[np.bool_]) -> None:
    """A line wherever a pixel inside meets one outside."""
    padded = np.pad(inside, 1)
    across = padded[1:-1, :-1] != padded[1:-1, 1:]  # (28, 29): left of each pixel, and right of the last
    down = padded[:-1, 1:-1] != padded[1:, 1:-1]  # (29, 28)
    for row, column in np.argwhere(across).tolist():
        x, y = column * SCALE, row * SCALE
        pen.line((x, y, x, y + SCALE), fill=_OUTLINE, width=2)
    for row, column in np.argwhere(down).tolist():
        x, y = column * SCALE, row * SCALE
        pen.line((x, y, x + SCALE, y), fill=_OUTLINE, width=2)
