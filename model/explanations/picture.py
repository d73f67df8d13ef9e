"""An explanation as a picture that people can see: the heat map with the digit's outline, and what it says."""

from io import BytesIO

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from inference.explanations.explanation import Explanation
from inference.explanations.palette import Colours, colours
from inference.explanations.query import Query
from inference.explanations.reading import Reading
from model.pixels import SIDE, Images

SCALE = 20  # screen pixels for a pixel
_MARGIN, _HEAD, _FOOT = 10, 74, 66
WIDTH, HEIGHT = SIDE * SCALE + 2 * _MARGIN, SIDE * SCALE + _HEAD + _FOOT
_TEXT, _QUIET, _OUTLINE, _PAPER = (26, 26, 26), (89, 89, 89), (64, 64, 64), (255, 255, 255)
_INKED = 96  # of 255: what counts as inside the outline
_BAR = 14  # height of the legend's colours


def draw(image: Images, found: Explanation, reading: Reading, query: Query) -> bytes:
    """The bytes of a PNG, 580x700. Orange speaks for the target, blue against it, white says nothing.

    image  uint8 (28, 28), outlined over the heat map
    """
    canvas = Image.new("RGB", (WIDTH, HEIGHT), _PAPER)
    map_ = Image.fromarray(_heat(found)).resize((SIDE * SCALE, SIDE * SCALE), Image.Resampling.NEAREST)
    canvas.paste(map_, (_MARGIN, _HEAD))
    pen = ImageDraw.Draw(canvas)
    _outline(pen, image >= _INKED)
    pen.rectangle((_MARGIN - 1, _HEAD - 1, WIDTH - _MARGIN, _HEAD + SIDE * SCALE), outline=(200, 200, 200))
    _head(pen, reading, query)
    _legend(canvas, pen, reading.target)
    file = BytesIO()
    canvas.save(file, "PNG")
    return file.getvalue()


def _heat(found: Explanation) -> Colours:
    most = float(np.abs(found.attributions).max()) or 1.0
    return colours(found.attributions / most)


def _outline(pen: ImageDraw.ImageDraw, inside: npt.NDArray[np.bool_]) -> None:
    """A line wherever a pixel inside meets one outside."""
    padded = np.pad(inside, 1)
    across = padded[1:-1, :-1] != padded[1:-1, 1:]  # (28, 29): left of each pixel, and right of the last
    down = padded[:-1, 1:-1] != padded[1:, 1:-1]  # (29, 28)
    for row, column in np.argwhere(across).tolist():
        x, y = _MARGIN + column * SCALE, _HEAD + row * SCALE
        pen.line((x, y, x, y + SCALE), fill=_OUTLINE, width=2)
    for row, column in np.argwhere(down).tolist():
        x, y = _MARGIN + column * SCALE, _HEAD + row * SCALE
        pen.line((x, y, x + SCALE, y), fill=_OUTLINE, width=2)


def _head(pen: ImageDraw.ImageDraw, reading: Reading, query: Query) -> None:
    title = f"Read as {reading.predicted} ({_percent(reading.confidence)}). Why"
    title += f" {reading.target}?" if reading.target == reading.predicted else f" not {reading.target}?"
    about = f"{query.method.replace('_', ' ')}, {query.samples} samples; probability of {reading.target}: "
    pen.text((_MARGIN, 8), title, fill=_TEXT, font=ImageFont.load_default(28))
    pen.text((_MARGIN, 44), about + _percent(reading.probability), fill=_QUIET, font=ImageFont.load_default(17))


def _legend(canvas: Image.Image, pen: ImageDraw.ImageDraw, target: int) -> None:
    top, width = _HEAD + SIDE * SCALE + 12, SIDE * SCALE
    bar = np.broadcast_to(colours(np.linspace(-1.0, 1.0, width)), (_BAR, width, 3))
    canvas.paste(Image.fromarray(np.ascontiguousarray(bar)), (_MARGIN, top))
    font = ImageFont.load_default(17)
    below = top + _BAR + 6
    pen.text((_MARGIN, below), f"against {target}", fill=_TEXT, font=font)
    pen.text((WIDTH // 2, below), "nothing", fill=_TEXT, font=font, anchor="ma")
    pen.text((WIDTH - _MARGIN, below), f"for {target}", fill=_TEXT, font=font, anchor="ra")


def _percent(share: float) -> str:
    """A probability, 0..1, that is not rounded to certainty."""
    if share > 0.999:
        return "over 99.9 %"
    return f"{100 * share:.1f} %" if share >= 0.001 else "under 0.1 %"
