"""Attributions as bars, one for each column."""

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from inference.explanations.caption import short
from inference.explanations.palette import colours
from inference.explanations.picture import PAPER, QUIET, TEXT, WIDTH
from inference.spec import InputSpec, Rows

_MOST = 24  # bars
_LINE, _BAR = 26, 16  # heights in pixels
_LEFT, _RIGHT = 270, WIDTH - 80  # of the space for bars; the numbers stand beside it


def body(given: InputSpec, row: Rows, attributions: npt.NDArray[np.float32]) -> Image.Image:
    """Return RGB, 560 pixels wide: the columns of one example with their numbers, the largest shares first."""
    shares, numbers = np.nan_to_num(attributions.ravel()), row.ravel()
    order = np.argsort(-np.abs(shares), kind="stable").tolist()
    rest = order[_MOST:]
    canvas = Image.new("RGB", (WIDTH, _LINE * (min(len(order), _MOST) + bool(rest)) + 12), PAPER)
    pen = ImageDraw.Draw(canvas)
    most = float(np.abs(shares).max()) or 1.0
    for line, index in enumerate(order[:_MOST]):
        name = short(given.columns[index] if given.columns else f"{given.number} {index}")
        _bar(pen, 6 + line * _LINE, f"{name} = {float(numbers[index]):.4g}", float(shares[index]), most)
    if rest:
        _bar(pen, 6 + _MOST * _LINE, f"{len(rest)} others", float(shares[rest].sum()), most)
    pen.line((_middle(), 0, _middle(), canvas.height), fill=QUIET)
    return canvas


def _bar(pen: ImageDraw.ImageDraw, top: int, name: str, share: float, most: float) -> None:
    font = ImageFont.load_default(15)
    pen.text((6, top), name, fill=TEXT, font=font)
    pen.text((WIDTH - 6, top), f"{share:+.3g}", fill=TEXT, font=font, anchor="ra")
    ratio = min(1.0, max(-1.0, share / most))
    end = _middle() + round(ratio * (_RIGHT - _LEFT) / 2)
    red, green, blue = colours(np.array(ratio)).tolist()
    pen.rectangle((min(_middle(), end), top + 2, max(_middle(), end), top + 2 + _BAR), fill=(red, green, blue))


def _middle() -> int:
    return (_LEFT + _RIGHT) // 2
