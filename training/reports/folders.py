"""Folders of generated pages and of the figures behind them."""

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from inference import files
from training.reports import plots


def results(docs: Path) -> Path:
    """Return the folder for the raw figures of the pages in ``docs``: results/ next to it."""
    return docs.absolute().parent / "results"


def publish(name: str, docs: Path, picture: Figure, figures: dict[str, Any], text: str) -> None:
    """Write a page and its picture below ``docs``, and the figures in results/ next to it. Raises OSError."""
    plots.save(picture, docs / "images" / f"{name}.png")
    files.replace_json(results(docs) / f"{name}.json", figures)
    files.replace(docs / f"{name}.md", text.encode())
