from typing import Any

import pytest
from optuna import Trial

from tests.unit.training.tuning.conftest import GRID, SPACE, Begin
from training.tuning import workers
from training.tuning.study import Study


def ideal(trial: Trial) -> float:
    """Return a score with its optimum at a learning rate of 0.005."""
    rate: float = trial.params.get("learning_rate", 0.0)
    return 1.0 - abs(rate - 0.005)


def parameters(study: Study) -> list[dict[str, Any]]:
    return [trial.params for trial in study.finished]


@pytest.mark.parametrize("sampler", ["tpe", "random"])
def test_trials_lie_in_the_space_and_differ(begin: Begin, sampler: str) -> None:
    study = begin(SPACE, trials=12, sampler=sampler)
    workers.work(study, ideal)
    assert len(parameters(study)) == 12
    for params in parameters(study):
        assert 0.001 <= params["learning_rate"] <= 0.01
        assert params["batch"] in (32, 64)
        assert params["hidden"] in ("16", "16-8")
        assert params["augmentation.rotation"] in (0.0, 2.5, 5.0, 7.5, 10.0)
    assert len({params["learning_rate"] for params in parameters(study)}) == 12


def test_the_base_preset_is_tried_first(begin: Begin) -> None:
    study = begin("dropout = { low = 0.0, high = 0.4 }", trials=1)
    workers.work(study, ideal)
    assert parameters(study) == [{"dropout": study.settings.preset["dropout"]}]


def test_a_grid_visits_every_point_once(begin: Begin) -> None:
    study = begin(GRID, sampler="grid")
    workers.work(study, ideal)
    assert sorted(map(str, parameters(study))) == sorted(map(str, study.settings.space.points()))


def test_a_grid_has_no_more_trials_than_points(begin: Begin) -> None:
    assert begin(GRID, sampler="grid", trials=100).goal == 6


def test_a_stopped_study_goes_on_with_the_draws_it_would_have_had(begin: Begin) -> None:
    study = begin(SPACE, trials=3, sampler="random", seed=5)
    workers.work(study, ideal)
    again = begin(trials=6)
    workers.work(again, ideal)
    drawn = [params["learning_rate"] for params in parameters(again)]
    assert len(set(drawn)) == 6
    assert drawn[:3] == [params["learning_rate"] for params in parameters(study)][:3]


def test_best_is_found_near_the_best(begin: Begin) -> None:
    study = begin("learning_rate = { low = 0.0001, high = 0.1, log = true }", trials=20)
    workers.work(study, ideal)
    assert study.complete[0].params["learning_rate"] == pytest.approx(0.005, abs=0.002)
