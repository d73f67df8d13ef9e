"""The published pages are what the figures beside them give, but for the machine that the page is written on."""

import re
from typing import Any

import orjson

from serving.paths import ROOT
from training.fit import presets
from training.selection import methods_report, selection_report
from training.selection.conditions import Conditions
from training.selection.methods import MethodOutcome, Setting
from training.selection.standings import Duel, Standing


def figures(name: str) -> dict[str, Any]:
    content: dict[str, Any] = orjson.loads((ROOT / "results" / f"{name}.json").read_bytes())
    return content | {"conditions": Conditions(**content["conditions"])}


def published(name: str) -> str:
    return without_machine((ROOT / "docs" / f"{name}.md").read_text())


def without_machine(page: str) -> str:
    return re.sub(r"(## Method\n\n).*?\n(\n|$)", r"\1", page, count=1, flags=re.DOTALL)


def test_the_page_on_models() -> None:
    content = figures("selection")
    content["standings"] = [Standing(**one) for one in content["standings"]]
    content["duels"] = [Duel(**one) for one in content["duels"]]
    assert without_machine(selection_report.render(**content)) == published("selection")


def test_the_page_on_methods() -> None:
    content = figures("methods")
    tried = [tuple(Setting(**setting) for setting in one.pop("tried")) for one in content["outcomes"]]
    outcomes = [MethodOutcome(**one, tried=its) for one, its in zip(content["outcomes"], tried, strict=True)]
    content |= {"outcomes": outcomes, "preset": presets.parse(content["preset"])}
    assert without_machine(methods_report.render(**content)) == published("methods")
