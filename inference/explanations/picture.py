"""Frame around the picture of an explanation: caption, and legend of its colours."""

from io import BytesIO

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from inference.explanations.caption import Caption
from inference.explanations.palette import colours

WIDTH = 560  # pixels of what is framed
MARGIN, HEAD = 10, 74
_FOOT = 66
_TITLE_TOP, _ABOUT_TOP = 8, 44
_TITLE, _ABOUT = _ABOUT_TOP - 2 * _TITLE_TOP, 17  # sizes of fonts
TEXT, QUIET, PAPER = (26, 26, 26), (89, 89, 89), (255, 255, 255)
_BORDER = (200, 200, 200)
_BAR = 14  # height of the legend's colours


def framed(body: Image.Image, caption: Caption) -> bytes:
    """Return the bytes of a PNG around ``body``, RGB and WIDTH pixels wide."""
    width, bottom = WIDTH + 2 * MARGIN, HEAD + body.height
    canvas = Image.new("RGB", (width, bottom + _FOOT), PAPER)
    canvas.paste(body, (MARGIN, HEAD))
    pen = ImageDraw.Draw(canvas)
    pen.rectangle((MARGIN - 1, HEAD - 1, width - MARGIN, bottom), outline=_BORDER)
    pen.text((MARGIN, _TITLE_TOP), caption.title, fill=TEXT, font=_font(pen, caption.title, _TITLE))
    pen.text((MARGIN, _ABOUT_TOP), caption.about, fill=QUIET, font=_font(pen, caption.about, _ABOUT))
    _legend(canvas, pen, bottom + 12, caption)
    file = BytesIO()
    canvas.save(file, "PNG")
    return file.getvalue()


def _legend(canvas: Image.Image, pen: ImageDraw.ImageDraw, top: int, caption: Caption) -> None:
    bar = np.broadcast_to(colours(np.linspace(-1.0, 1.0, WIDTH)), (_BAR, WIDTH, 3))
    canvas.paste(Image.fromarray(np.ascontiguousarray(bar)), (MARGIN, top))
    font = ImageFont.load_default(_ABOUT)
    below = top + _BAR + 6
    pen.text((MARGIN, below), caption.lower, fill=TEXT, font=font)
    pen.text((canvas.width // 2, below), "nothing", fill=TEXT, font=font, anchor="ma")
    pen.text((canvas.width - MARGIN, below), caption.higher, fill=TEXT, font=font, anchor="ra")


def _font(pen: ImageDraw.ImageDraw, text: str, size: int) -> "ImageFont.FreeTypeFont | ImageFont.ImageFont":
    """A font of that size, or smaller if the text is long."""
    font = ImageFont.load_default(size)
    length = pen.textlength(text, font)
    return font if length <= WIDTH else ImageFont.load_default(max(8.0, size * WIDTH / length))
