"""Published pages equal those made from the figures beside them, except for the machine that the page names."""

import re
from typing import Any

import orjson

from serving.paths import ROOT
from training.fit import presets
from training.selection.comparison_report import ComparisonReport
from training.selection.conditions import Conditions
from training.selection.method_comparison import MethodComparison
from training.selection.methods import MethodOutcome, Setting
from training.selection.model_comparison import ModelComparison
from training.selection.standings import Duel, Standing


def figures(name: str) -> tuple[dict[str, Any], Conditions]:
    content: dict[str, Any] = orjson.loads((ROOT / "results" / f"{name}.json").read_bytes())
    return content, Conditions(**content.pop("conditions"))


def check(comparison: ComparisonReport, conditions: Conditions) -> None:
    published = (ROOT / "docs" / f"{comparison.name}.md").read_text()
    assert without_machine(comparison.text(conditions)) == without_machine(published)


def without_machine(page: str) -> str:
    return re.sub(r"(## Method\n\n).*?\n(\n|$)", r"\1", page, count=1, flags=re.DOTALL)


def test_the_page_on_models() -> None:
    content, conditions = figures("selection")
    standings, duels = [Standing(**one) for one in content["standings"]], [Duel(**one) for one in content["duels"]]
    check(ModelComparison(standings, duels, content["images"]), conditions)


def test_the_page_on_methods() -> None:
    content, conditions = figures("methods")
    tried = [tuple(Setting(**setting) for setting in one.pop("tried")) for one in content["outcomes"]]
    outcomes = [MethodOutcome(**one, tried=its) for one, its in zip(content["outcomes"], tried, strict=True)]
    preset = presets.parse(content["preset"])
    check(MethodComparison(outcomes, preset, content["images"], content["validation"]), conditions)
