"""Printed letters, words and numbers in fonts that no training uses: STIX, Computer Modern and Pillow's own font."""

import string
from pathlib import Path

import matplotlib as mpl
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from training.digits.challenges import paper
from training.digits.challenges.paper import Cover, Files

_NAMES = (
    *("STIXGeneral", "STIXGeneralBol", "STIXGeneralItalic", "STIXGeneralBolIta"),
    *("cmr10", "cmb10", "cmss10", "cmtt10", "cmti10", "cmmi10"),
)
_LEAST, _MOST = 28, 800  # pixels of the longer side of a page
_SMALLEST = 20  # pixels of the longer side of the ink
_TURN = 10.0  # degrees


def words(count: int, seed: int) -> Files:
    """Return pictures of two to five letters."""
    return paper.files(_random(string.ascii_lowercase, count, seed), file, count, seed)


def numbers(count: int, seed: int) -> Files:
    """Return pictures of two to five digits. No single digit is a right answer for them."""
    return paper.files(_random(string.digits, count, seed), file, count, seed)


def fonts() -> list[Path | None]:
    """Return the files of the fonts. None is the font inside Pillow."""
    folder = Path(mpl.get_data_path()) / "fonts" / "ttf"
    return [None, *(folder / f"{name}.ttf" for name in _NAMES)]


def _random(alphabet: str, count: int, seed: int) -> list[str]:
    rng = np.random.default_rng(seed)
    return ["".join(rng.choice(list(alphabet), rng.integers(2, 6))) for _ in range(count)]


def file(text: str, rng: np.random.Generator) -> bytes:
    """Return a photograph of a printed text."""
    page = paper.size(rng, _LEAST, _MOST)
    side = max(_SMALLEST, rng.uniform(0.4, 0.9) * min(page))
    return paper.photographed(paper.placed(_printed(text, side, rng), page, rng), rng)


def _printed(text: str, side: float, rng: np.random.Generator) -> Cover:
    """Return the coverage by ink, cropped to the ink. Its longer side has at most ``side`` pixels."""
    paths = fonts()
    font = _font(paths[int(rng.integers(len(paths)))], 100)
    left, top, right, bottom = font.getbbox(text)
    image = Image.new("L", (int(right - left) + 40, int(bottom - top) + 40))
    ImageDraw.Draw(image).text((20 - left, 20 - top), text, fill=255, font=font)
    turned = image.rotate(rng.uniform(-_TURN, _TURN), Image.Resampling.BICUBIC, expand=True)
    cropped = turned.crop(turned.getbbox())
    scale = side / max(cropped.size)
    width, height = (max(1, int(length * scale)) for length in cropped.size)
    return np.asarray(cropped.resize((width, height), Image.Resampling.LANCZOS), dtype=np.float32) / np.float32(255)


def _font(path: Path | None, size: int) -> ImageFont.FreeTypeFont:
    if path is not None:
        return ImageFont.truetype(str(path), size)
    font = ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont), "this Pillow is built without FreeType"
    return font
