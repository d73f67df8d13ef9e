"""Folders of generated pages and of their figures."""

from pathlib import Path


def results(docs: Path) -> Path:
    """Return the folder for the raw figures of the pages in ``docs``: results/ next to it."""
    return docs.absolute().parent / "results"
