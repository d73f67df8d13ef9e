"""Picture of an explanation: heat map with the outline of the digit, and caption."""

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from inference.explanations.caption import Caption
from inference.explanations.explanation import Explanation
from inference.explanations.picture import WIDTH, colours, framed
from model.pixels import SIDE, Images

SCALE = WIDTH // SIDE  # pixels of the picture for one pixel of the image
_OUTLINE = (64, 64, 64)
_INKED = 96  # of 255: least grey value inside the outline


def draw(image: Images, explanation: Explanation, caption: Caption) -> bytes:
    """Return a PNG, 580x700. Orange increases the logit of the target, blue decreases it, white is neutral.

    image  uint8 (28, 28), whose outline is drawn over the heat map
    """
    shares = explanation.attributions / (float(np.abs(explanation.attributions).max()) or 1.0)
    map_ = Image.fromarray(colours(shares)).resize((SIDE * SCALE, SIDE * SCALE), Image.Resampling.NEAREST)
    _outline(ImageDraw.Draw(map_), image >= _INKED)
    return framed(map_, caption)


def _outline(pen: ImageDraw.ImageDraw, inside: npt.NDArray[np.bool_]) -> None:
    """Draw a line between each pair of neighbouring pixels inside and outside."""
    padded = np.pad(inside, 1)
    across = padded[1:-1, :-1] != padded[1:-1, 1:]  # (28, 29): edges left of each pixel, and right of the last
    down = padded[:-1, 1:-1] != padded[1:, 1:-1]  # (29, 28)
    for edges, (right, lower) in ((across, (0, SCALE)), (down, (SCALE, 0))):
        for row, column in np.argwhere(edges).tolist():
            x, y = column * SCALE, row * SCALE
            pen.line((x, y, x + right, y + lower), fill=_OUTLINE, width=2)
