"""Requirements of a step, and the page of all steps."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from resilience.faults.fault_figures import FaultFigures
from resilience.walkthrough import page
from resilience.walkthrough.walk import Step

GOOD = FaultFigures(
    sent=2000, right=2000, refused=0, lost=0, wrong=0, slowest=0.2, refusal=0.0, first=0.0, steady=0.0, messages={}
)
PARTS = ["start", "kill"]


@pytest.mark.parametrize(
    ("changed", "kills", "cuts", "fails"),
    [
        ({}, False, False, False),
        ({"lost": 1}, False, False, True),
        ({"lost": 1}, True, False, True),
        ({"lost": 1}, True, True, False),
        ({"wrong": 1}, True, True, True),
        ({"slowest": 1.01}, False, False, True),
        ({"slowest": 1.0}, False, False, False),
        ({"slowest": 30.0}, True, False, False),
        ({"refused": 1}, False, False, True),
        ({"refused": 1}, True, False, False),
    ],
)
def test_what_a_step_may_not_have(changed: dict[str, float], kills: bool, cuts: bool, fails: bool) -> None:
    step = Step("a step", figures=replace(GOOD, **changed), kills=kills, cuts=cuts)  # type: ignore[arg-type]
    assert bool(step.missed) == fails


def test_a_message_without_a_remedy_is_missed() -> None:
    step = Step("a step", messages=["error: it failed", "error: it failed: try again"])
    assert step.missed == ["no remedy: 'error: it failed'"]


def test_a_part_takes_the_place_of_what_it_was_and_leaves_the_others(tmp_path: Path) -> None:
    page.publish(tmp_path / "docs", PARTS, "kill", [Step("kill one", 3.0, figures=GOOD, kills=True)])
    page.publish(tmp_path / "docs", PARTS, "start", [Step("start it", 2.0, messages=["error: no: try again"])])
    page.publish(tmp_path / "docs", PARTS, "kill", [Step("kill another", 4.0, figures=replace(GOOD, lost=3))])
    parts = json.loads((tmp_path / "results" / "walkthrough.json").read_text())
    assert [*parts] == PARTS
    assert [step["title"] for part in parts.values() for step in part["steps"]] == ["start it", "kill another"]
    text = (tmp_path / "docs" / "walkthrough.md").read_text()
    assert "| start it | 2 | - | - | - | - | - |" in text
    assert "| kill another | 4 | 2,000 | 3 | 0 | 0 | 200 ms |" in text
    assert "- kill another: 3 lost" in text
    assert "error: no: try again" in text
    assert "kill one" not in text
