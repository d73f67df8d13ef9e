"""What other measurements add to the report: each has a file among the results, and says what is in it."""

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, cast

from benchmarks.results import Content, Results
from benchmarks.targets import Target

_FOLDER = Path(__file__).parent
_FILES = ("anatomy.py", "soak_section.py", "training/report.py", "formats_report.py", "own/report.py")


class Section(Protocol):
    """A module.

    FILE      its file in the results' folder
    section   Markdown that begins with a heading of level 2
    """

    FILE: str

    def section(self, content: Content) -> str: ...


def all_sections() -> list[Section]:
    present = [name for name in _FILES if (_FOLDER / name).is_file()]
    names = [name.removesuffix(".py").replace("/", ".") for name in present]
    return [cast(Section, importlib.import_module(f"benchmarks.{name}")) for name in names]


def found(results: Results) -> dict[str, Any]:
    """File -> its content, of those that were measured."""
    contents = {section.FILE: results.get(section.FILE.removesuffix(".json")) for section in all_sections()}
    return {name: content for name, content in contents.items() if content is not None}


def texts(extras: dict[str, Content]) -> list[str]:
    return [section.section(extras[section.FILE]) for section in all_sections() if section.FILE in extras]


def targets(extras: dict[str, Content]) -> list[Target]:
    """Those that a section states itself, by a function ``targets(content)``."""
    stated: list[Target] = []
    for section in all_sections():
        state: Callable[[Content], list[Target]] | None = getattr(section, "targets", None)
        if state and section.FILE in extras:
            stated += state(extras[section.FILE])
    return stated
