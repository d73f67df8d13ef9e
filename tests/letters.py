"""Pictures of the letters A to J in the fonts of matplotlib: ten classes that are not digits."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
from PIL import Image, ImageDraw, ImageFont

LETTERS = tuple("ABCDEFGHIJ")
_FAMILIES = ("DejaVu", "STIXGeneral", "cmb", "cmmi", "cmr", "cmss", "cmti", "cmtt")  # other fonts lack these letters
_SIDE = 96  # pixels


def fonts() -> list[Path]:
    """Return files of fonts: serif and sans, upright and slanted, fixed and variable width."""
    folder = Path(mpl.get_data_path()) / "fonts" / "ttf"
    named = (path for path in folder.glob("*.ttf") if path.name.startswith(_FAMILIES))
    return sorted(path for path in named if "Display" not in path.name)


def draw(letter: str, font: Path, random: np.random.Generator) -> Image.Image:
    """Return a dark letter on light paper, 96x96 grey pixels: at any place, of any size, turned up to 12 degrees."""
    image = Image.new("L", (_SIDE, _SIDE), 0)
    shape = ImageFont.truetype(str(font), int(random.integers(36, 64)), layout_engine=ImageFont.Layout.BASIC)
    x, y = map(float, random.uniform(38, 58, 2))
    ImageDraw.Draw(image).text((x, y), letter, fill=int(random.integers(130, 230)), font=shape, anchor="mm")
    turned = image.rotate(float(random.uniform(-12, 12)), Image.Resampling.BILINEAR)
    return Image.eval(turned, lambda ink: 245 - ink)


def write(folder: Path, count: int, seed: int = 0) -> None:
    """Write ``count`` PNG files of every letter in every font into a folder named after the letter."""
    random = np.random.default_rng(seed)
    for letter in LETTERS:
        (folder / letter).mkdir(parents=True)
        for font in fonts():
            for number in range(count):
                draw(letter, font, random).save(folder / letter / f"{font.stem}-{number}.png")
