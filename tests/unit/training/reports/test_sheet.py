from pathlib import Path

import numpy as np
from PIL import Image

from training.reports import sheet
from training.reports.sheet import Panel, Tile


def tiles(count: int) -> list[Tile]:
    return [Tile(np.full((28, 28, 3), 40, dtype=np.uint8), f"7 > {n}\n0.99", alarming=n == 0) for n in range(count)]


def height(panel: Panel, path: Path) -> int:
    sheet.draw([panel], path)
    with Image.open(path) as picture:
        return picture.size[1]


def test_a_panel_is_as_high_as_its_rows(tmp_path: Path) -> None:
    heights = [height(Panel("some", tiles(count), 4), tmp_path / "sheet.png") for count in (0, 1, 4, 5)]
    nothing, one, four, five = heights
    assert nothing < one == four < five


def test_every_tile_and_caption_is_inside_the_picture(tmp_path: Path) -> None:
    sheet.draw([Panel("some", tiles(9), 4), Panel("none", [], 4)], tmp_path / "sheet.png")
    with Image.open(tmp_path / "sheet.png") as picture:
        pixels = np.asarray(picture.convert("L"))
    dark = pixels < 60
    assert dark.sum() > 9 * 28 * 28
    assert not dark[:, [0, -1]].any()
    assert not dark[[0, -1]].any()
