from pathlib import Path
from typing import Any

import pytest

from benchmarks.training import training_report
from training.reports import plots

_TRAINERS = ("keras", "dataloader", "product", "command")


def result(trainer: str, seconds: float | None, whole: float, accuracy: float = 0.976) -> dict[str, Any]:
    versions = {"torch": "2.0", "numpy": "2.0"}
    return {"trainer": trainer, "seconds": seconds, "whole": whole, "accuracy": accuracy, "versions": versions}


@pytest.fixture
def content() -> dict[str, Any]:
    rounds = [
        [
            result("keras", 30.0 + number, 40.0),
            result("dataloader", 60.0, 62.0),
            result("product", 2.0, 4.0, 0.98),
            result("command", None, 8.0, 0.98),
        ]
        for number in range(3)
    ]
    return {
        "rounds": 3,
        "trainers": {name: {"title": f"title of {name}", "settings": ""} for name in _TRAINERS},
        "results": [entry for results in rounds for entry in results],
        "seeds": [0.98, 0.979],
    }


def test_a_row_has_medians_and_what_they_are_to_keras(content: dict[str, Any]) -> None:
    text = training_report.section(content)
    assert "| title of keras |  | 31.00 | 1.0x | 40.00 | 1.0x | 97.60 |" in text
    assert "| title of product |  | 2.00 | 15.5x | 4.00 | 10.0x | 98.00 |" in text
    assert "with seeds 0 to 1: 98.00, 97.90 %" in text


def test_what_does_more_than_train_has_no_time_of_training(content: dict[str, Any]) -> None:
    assert "| title of command |  | - | - | 8.00 | 5.0x | 98.00 |" in training_report.section(content)


def test_the_target_is_met_at_ten_times_with_the_accuracy_of_the_seed(content: dict[str, Any]) -> None:
    (target,) = training_report.targets(content)
    assert target.met
    assert target.measured == "title of product: 15.5x; least accuracy 97.90 % against 97.60 %"


@pytest.mark.parametrize(
    "change", [{"seeds": [0.98, 0.9]}, {"results": [result("keras", 3.0, 9.0), result("product", 2.0, 4.0)]}]
)
def test_too_slow_or_too_often_wrong_is_missed(content: dict[str, Any], change: dict[str, Any]) -> None:
    names = ("keras", "product")
    trainers = {"trainers": {name: content["trainers"][name] for name in names}}
    (target,) = training_report.targets(content | trainers | change)
    assert target.met is False


def test_the_picture_is_drawn(content: dict[str, Any], tmp_path: Path) -> None:
    plots.save(training_report.draw(content), tmp_path / training_report.PICTURE)
    assert (tmp_path / training_report.PICTURE).read_bytes().startswith(b"\x89PNG")
