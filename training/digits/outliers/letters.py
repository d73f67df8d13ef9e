"""Letters and symbols in the DejaVu fonts of matplotlib."""

import string
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import matplotlib as mpl
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from model.pixels import Images
from training.digits import curve
from training.digits.outliers import canvas
from training.digits.outliers.canvas import CANVAS

# Letters that look like a digit without their size and baseline, which the service's crop removes: OoQD for 0, Iil for
# 1, Zz for 2, y for an open 4, Ss for 5, Gb for 6, B for 8, gq for 9.
LOOK_ALIKES = "OoQDIilZzySsGbBgq"
LATIN = "".join(letter for letter in string.ascii_letters if letter not in LOOK_ALIKES)

# Without characters that look like digits: circles, beta, delta, zeta, xi, sigma, rho, iota and gamma in Greek; letters
# like 3, 4, 6 and 8 in Cyrillic; bars, brackets, braces, question and section marks and the integral.
GREEK = "ΓΔΛΞΠΣΨΩαεηκλμνπτυχψω"
CYRILLIC = "ДЖИЙКЛМНПТЦШЩЮЯжийклмнптцшщюя"
SIGNS = "&@#%*+=<>~^«»÷±∑∏√∞≈≠≤≥∇∈∩⊂⊃←→↔♠♣♥♦★☂☎✈€¥£"

_STYLES = ("", "-Bold", "-Oblique", "-BoldOblique", "-Italic", "-BoldItalic")
_FAMILIES = ("DejaVuSans", "DejaVuSansMono", "DejaVuSerif")
_SIZE = 72  # pixels of an em on a canvas of 112
_MISSING = "\uffff"


def latin(count: int, rng: np.random.Generator) -> Images:
    """Return capital and small letters without those that look like digits, uint8 (count, 28, 28)."""
    return _drawn(LATIN, count, rng)


def symbols(count: int, rng: np.random.Generator) -> Images:
    """Return Greek letters, Cyrillic letters and signs, uint8 (count, 28, 28)."""
    return _drawn(GREEK + CYRILLIC + SIGNS, count, rng)


def fonts() -> list[Path]:
    """Return the files of the fonts."""
    folder = Path(mpl.get_data_path()) / "fonts" / "ttf"
    paths = [folder / f"{family}{style}.ttf" for family in _FAMILIES for style in _STYLES]
    return [path for path in paths if path.is_file()]


def _drawn(alphabet: str, count: int, rng: np.random.Generator) -> Images:
    known = _known(alphabet)
    chosen = rng.integers(len(known), size=count)
    return canvas.as_served([_distorted(_glyph(known[index], rng), rng) for index in chosen])


@cache
def _known(alphabet: str) -> Sequence[tuple[Path, str]]:
    """Return the pairs of a font and a character that it has."""
    return [(path, letter) for path in fonts() for letter in alphabet if _mask(path, letter) != _mask(path, _MISSING)]


def _mask(path: Path, letter: str) -> bytes:
    return bytes(_font(path).getmask(letter))


@cache
def _font(path: Path) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path), _SIZE, layout_engine=ImageFont.Layout.BASIC)


def _glyph(known: tuple[Path, str], rng: np.random.Generator) -> Image.Image:
    """Return one character in the middle of a canvas, with the weight of the font or more."""
    image = canvas.blank()
    path, letter = known
    font, heavier = _font(path), int(rng.integers(0, 5))
    left, top, right, bottom = font.getbbox(letter, stroke_width=heavier)
    at = (CANVAS - right - left) / 2, (CANVAS - bottom - top) / 2
    ImageDraw.Draw(image).text(at, letter, fill=255, font=font, stroke_width=heavier)
    return image


def _distorted(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the image rotated by up to 20 degrees, slanted, stretched, resized and shifted."""
    turn, slant = curve.rotation(rng.uniform(-20, 20)).T, rng.uniform(-0.25, 0.25)
    sides = np.diag(rng.uniform(0.8, 1.5) * np.array([rng.uniform(0.8, 1.25), 1.0]))
    matrix = sides @ np.array([[1.0, slant], [0.0, 1.0]]) @ turn
    middle = np.full(2, CANVAS / 2)
    shift = middle - matrix @ (middle + rng.uniform(-8, 8, 2))
    (a, b), (d, e) = matrix
    coefficients = (a, b, shift[0], d, e, shift[1])
    return image.transform(image.size, Image.Transform.AFFINE, coefficients, Image.Resampling.BILINEAR)
