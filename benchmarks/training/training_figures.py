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
    own = [each for each in results if each["trainer"] == name]
    seconds = [each["seconds"] for each in own if each["seconds"] is not None]
    return Row(
        name=name,
        title=about["title"],
        settings=about["settings"],
        seconds=statistics.median(seconds) if seconds else None,
        whole=statistics.median(each["whole"] for each in own),
        accuracy=statistics.median(each["accuracy"] for each in own),
        versions=own[0]["versions"],
    )
