"""Sheets of small pictures with captions."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from training.reports import plots

Colours = npt.NDArray[np.uint8]  # (height, width, 3)

_WIDTH = 9.6  # inches
_CAPTION = 0.2  # inches per line
_TITLE = 0.4
_ALARM = "#c02f1d"


@dataclass(frozen=True)
class Tile:
    """One picture of a panel. All pictures of a panel have the same size.

    alarming  draws the caption in red
    """

    pixels: Colours
    caption: str
    alarming: bool = False


@dataclass(frozen=True)
class Panel:
    """A title above rows of tiles. Without tiles, it is only the title."""

    title: str
    tiles: Sequence[Tile]
    columns: int

    @property
    def rows(self) -> int:
        return -(-len(self.tiles) // self.columns)

    @property
    def captions(self) -> float:
        """Return the height of the captions of a row, in inches."""
        return _CAPTION * max((tile.caption.count("\n") + 1 for tile in self.tiles), default=0)

    @property
    def height(self) -> float:
        """Return the height of one row of tiles with captions, in inches."""
        height, width = map(int, self.tiles[0].pixels.shape[:2]) if self.tiles else (0, 1)
        return _WIDTH / self.columns * 0.9 * (height / width) + self.captions


def draw(panels: Sequence[Panel], path: Path) -> None:
    """Write a PNG of the panels, one below the other."""
    heights = [_TITLE + panel.rows * panel.height for panel in panels]
    figure = Figure(figsize=(_WIDTH, sum(heights)))
    below = sum(heights)
    for panel, height in zip(panels, heights, strict=True):
        top = below / sum(heights)
        figure.text(0.5, top - 0.2 / sum(heights), panel.title, ha="center", va="center", fontsize=10)
        _fill(figure, panel, below - _TITLE, sum(heights))
        below -= height
    plots.save(figure, path)


def _fill(figure: Figure, panel: Panel, below: float, whole: float) -> None:
    """Place the tiles below ``below``, in inches from the bottom of a figure that is ``whole`` inches high."""
    for place, tile in enumerate(panel.tiles):
        row, column = divmod(place, panel.columns)
        left = (column + 0.05) / panel.columns
        bottom = below - (row + 1) * panel.height + panel.captions
        axes = figure.add_axes((left, bottom / whole, 0.9 / panel.columns, (panel.height - panel.captions) / whole))
        _show(axes, tile)


def _show(axes: Axes, tile: Tile) -> None:
    axes.imshow(tile.pixels, interpolation="nearest", aspect="auto")
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_color("silver")
    colour = _ALARM if tile.alarming else "black"
    axes.text(0.5, -0.04, tile.caption, transform=axes.transAxes, ha="center", va="top", fontsize=7, color=colour)


def greys(image: npt.NDArray[np.uint8]) -> Colours:
    """Convert uint8 (height, width) to a colour picture."""
    return np.repeat(image[..., None], 3, axis=2)
