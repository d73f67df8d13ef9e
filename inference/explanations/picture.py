"""Pictures of explanations: bars or a heat map, in a frame with a caption and a legend."""

from io import BytesIO

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from inference.explanations.caption import Caption, short
from inference.spec import InputSpec, Rows

WIDTH = 560  # pixels inside the frame
MARGIN, HEAD = 10, 74
_FOOT = 66
_TITLE_TOP, _ABOUT_TOP = 8, 44
_TITLE, _ABOUT = _ABOUT_TOP - 2 * _TITLE_TOP, 17  # sizes of fonts
TEXT, QUIET, PAPER = (26, 26, 26), (89, 89, 89), (255, 255, 255)
_BORDER = (200, 200, 200)
_LEGEND = 14  # height of the colours in the legend
_MOST_BARS = 24
_LINE, _BAR = 26, 16  # heights in pixels
_LEFT, _RIGHT = 270, WIDTH - 80  # edges of the space for bars; the numbers are right of it
_MIDDLE = (_LEFT + _RIGHT) // 2
_MOST_HEIGHT = 1120  # pixels of a heat map: twice the width
_OPAQUE = 0.65  # opacity, 0..1, of the colours over the grey image
# Dark to light to dark on both sides, so that the strength shows without any colour, too (Brewer's PuOr and Blues).
_ANCHORS = np.array(
    [(8, 48, 107), (33, 113, 181), (107, 174, 214), (255, 255, 255), (253, 174, 97), (217, 95, 14), (127, 39, 4)],
    dtype=np.float64,
)
_PLACES = np.linspace(-1.0, 1.0, len(_ANCHORS))

Colours = npt.NDArray[np.uint8]  # (..., 3)


def framed(body: Image.Image, caption: Caption) -> bytes:
    """Return the bytes of a PNG file with ``body``, an RGB image WIDTH pixels wide, in a frame."""
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


def bars(spec: InputSpec, row: Rows, attributions: npt.NDArray[np.float32]) -> Image.Image:
    """Return an RGB image, 560 pixels wide, with a bar for each column of one example, the largest shares first."""
    shares, numbers = np.nan_to_num(attributions.ravel()), row.ravel()
    order = np.argsort(-np.abs(shares), kind="stable").tolist()
    rest = order[_MOST_BARS:]
    canvas = Image.new("RGB", (WIDTH, _LINE * (min(len(order), _MOST_BARS) + bool(rest)) + 12), PAPER)
    pen = ImageDraw.Draw(canvas)
    most = float(np.abs(shares).max()) or 1.0
    for line, index in enumerate(order[:_MOST_BARS]):
        name = short(spec.columns[index] if spec.columns else f"{spec.number} {index}")
        _bar(pen, 6 + line * _LINE, f"{name} = {float(numbers[index]):.4g}", float(shares[index]), most)
    if rest:
        _bar(pen, 6 + _MOST_BARS * _LINE, f"{len(rest)} others", float(shares[rest].sum()), most)
    pen.line((_MIDDLE, 0, _MIDDLE, canvas.height), fill=QUIET)
    return canvas


def heat_map(image: Rows, attributions: npt.NDArray[np.float32]) -> Image.Image:
    """Return an RGB image, 560 pixels wide, of uint8 (height, width[, 3]) under its attributions (height, width)."""
    most = float(np.abs(attributions).max()) or 1.0
    heat = Image.fromarray(colours(np.nan_to_num(attributions / most)))
    grey = Image.fromarray(image).convert("L").convert("RGB")
    height, width = attributions.shape
    size = WIDTH, max(1, min(_MOST_HEIGHT, round(WIDTH * height / width)))
    resample = Image.Resampling.NEAREST if width < WIDTH else Image.Resampling.BOX
    return Image.blend(grey.resize(size, resample), heat.resize(size, resample), _OPAQUE)


def colours(values: npt.NDArray[np.floating]) -> Colours:
    """Return RGB of values from -1 (dark blue) over 0 (white) to 1 (dark orange); values outside are clipped.

    The colours are distinct with every kind of colour vision.
    """
    channels = [np.interp(values, _PLACES, channel) for channel in _ANCHORS.T]
    pixels: Colours = np.rint(np.stack(channels, axis=-1)).astype(np.uint8)
    return pixels


def _legend(canvas: Image.Image, pen: ImageDraw.ImageDraw, top: int, caption: Caption) -> None:
    bar = np.broadcast_to(colours(np.linspace(-1.0, 1.0, WIDTH)), (_LEGEND, WIDTH, 3))
    canvas.paste(Image.fromarray(np.ascontiguousarray(bar)), (MARGIN, top))
    font = ImageFont.load_default(_ABOUT)
    below = top + _LEGEND + 6
    pen.text((MARGIN, below), caption.lower, fill=TEXT, font=font)
    pen.text((canvas.width // 2, below), "nothing", fill=TEXT, font=font, anchor="ma")
    pen.text((canvas.width - MARGIN, below), caption.higher, fill=TEXT, font=font, anchor="ra")


def _font(pen: ImageDraw.ImageDraw, text: str, size: int) -> "ImageFont.FreeTypeFont | ImageFont.ImageFont":
    """Return a font of that size, or a smaller one for a long text."""
    font = ImageFont.load_default(size)
    length = pen.textlength(text, font)
    return font if length <= WIDTH else ImageFont.load_default(max(8.0, size * WIDTH / length))


def _bar(pen: ImageDraw.ImageDraw, top: int, name: str, share: float, most: float) -> None:
    font = ImageFont.load_default(15)
    pen.text((6, top), name, fill=TEXT, font=font)
    pen.text((WIDTH - 6, top), f"{share:+.3g}", fill=TEXT, font=font, anchor="ra")
    ratio = min(1.0, max(-1.0, share / most))
    end = _MIDDLE + round(ratio * (_RIGHT - _LEFT) / 2)
    red, green, blue = colours(np.array(ratio)).tolist()
    pen.rectangle((min(_MIDDLE, end), top + 2, max(_MIDDLE, end), top + 2 + _BAR), fill=(red, green, blue))
