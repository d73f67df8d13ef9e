"""Sections of docs/performance.md on further measurements. Each reads its own file of results."""

from collections.abc import Callable
from typing import Any, Protocol, cast

from benchmarks import anatomy, beside_photos, changes, first_minute, formats, processes, soak
from benchmarks.own import measure as own
from benchmarks.results import Content, Results
from benchmarks.targets import Target
from benchmarks.training import training_report


class ReportSection(Protocol):
    """Module of a section.

    FILE      name of its file in the folder of results
    section   returns Markdown that begins with a heading of level 2
    """

    FILE: str

    def section(self, content: Content) -> str: ...


_SECTIONS = cast(
    list[ReportSection],
    [
        anatomy,
        processes,
        first_minute,
        beside_photos,
        soak,
        training_report,
        formats,
        own,
        changes,
    ],
)


def extras(results: Results) -> dict[str, Any]:
    """Return file name -> content for the sections that were measured."""
    contents = {section.FILE: results.get(section.FILE.removesuffix(".json")) for section in _SECTIONS}
    return {name: content for name, content in contents.items() if content is not None}


def texts(extras: dict[str, Content]) -> list[str]:
    return [section.section(extras[section.FILE]) for section in _SECTIONS if section.FILE in extras]


def targets(extras: dict[str, Content]) -> list[Target]:
    """Return the targets of sections that have a function ``targets(content)``."""
    stated: list[Target] = []
    for section in _SECTIONS:
        state: Callable[[Content], list[Target]] | None = getattr(section, "targets", None)
        if state and section.FILE in extras:
            stated += state(extras[section.FILE])
    return stated
