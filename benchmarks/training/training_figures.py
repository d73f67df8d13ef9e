"""From the results of every round to a row for each trainer."""

import statistics
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """Medians over the rounds; ``seconds`` is None where the process does more than train."""

    name: str
    title: str
    settings: str
    seconds: float | None
    whole: float
    accuracy: float
    versions: dict[str, str]


def rows(content: dict[str, Any]) -> list[Row]:
    return [_row(name, about, content["results"]) for name, about in content["trainers"].items()]


def _row(name: str, about: dict[str, str], results: list[dict[str, Any]]) -> Row:
    own = [result for result in results if result["trainer"] == name]
    seconds = [result["seconds"] for result in own if result["seconds"] is not None]
    return Row(
        name=name,
        title=about["title"],
        settings=about["settings"],
        seconds=statistics.median(seconds) if seconds else None,
        whole=statistics.median(result["whole"] for result in own),
        accuracy=statistics.median(result["accuracy"] for result in own),
        versions=own[0]["versions"],
    )
