from itertools import count
from pathlib import Path

import pytest
from optuna import Trial
from optuna.trial import TrialState

from tests.unit.training.tuning.conftest import GRID, SPACE, Begin
from training.data.dataset import Examples
from training.tuning import storage, workers
from training.tuning.objective import Objective
from training.tuning.workers import WorkerPool


def cheap(trial: Trial) -> float:
    return 0.5


def test_trials_count_the_whole_study(begin: Begin) -> None:
    for trials in (2, 5, 5):
        study = begin(SPACE, trials=trials)
        workers.work(study, cheap)
        assert len(study.finished) == trials


def test_an_interrupted_trial_is_done_again(begin: Begin) -> None:
    calls = count()

    def interrupted(trial: Trial) -> float:
        if next(calls) == 2:
            raise KeyboardInterrupt
        return 0.5

    study = begin(GRID, sampler="grid")
    with pytest.raises(KeyboardInterrupt):
        workers.work(study, interrupted)
    workers.work(begin(), cheap)
    assert [trial.number for trial in study.killed] == [2]
    points = [trial.params for trial in study.finished]
    assert study.killed[0].params in points
    assert sorted(map(str, points)) == sorted(map(str, study.settings.space.points()))


def test_an_error_in_a_trial_is_raised(begin: Begin) -> None:
    def broken(trial: Trial) -> float:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        workers.work(begin(SPACE, trials=3), broken)


def test_a_bad_trial_is_pruned(begin: Begin, images: Examples) -> None:
    space = "learning_rate = { choices = [0.003, 0.0000001] }\nhidden = { choices = [[32]] }"
    study = begin(space, trials=6, epochs=4, folds=2)
    for rate in (0.003, 0.003, 0.003, 0.003, 0.003, 0.0000001):
        study.optuna_study.enqueue_trial({"learning_rate": rate, "hidden": "32"})
    workers.work(study, Objective(study.settings, images, threads=1))
    *good, bad = study.finished
    assert {trial.state for trial in good} == {TrialState.COMPLETE}
    assert list(good[0].intermediate_values) == [1, 2, 3, 4, 5]  # four epochs of the first fold, then both folds
    assert good[0].value == good[0].intermediate_values[5]
    assert bad.state == TrialState.PRUNED
    assert max(bad.intermediate_values) == 2


def test_without_a_pruner_it_is_not(begin: Begin, images: Examples) -> None:
    study = begin("learning_rate = { choices = [0.0000001] }", trials=2, epochs=2, folds=2, pruner="none", images=60)
    workers.work(study, Objective(study.settings, images, threads=1))
    assert len(study.complete) == 2


def test_two_processes_share_a_grid(begin: Begin, images: Examples, tmp_path: Path) -> None:
    study = begin(GRID, sampler="grid", epochs=2, folds=2)
    numbers: set[int] = set()
    crew = WorkerPool(storage.url(tmp_path / "study.db"), 2, "some", images, processes=2)
    crew.run(lambda: numbers.update(trial.number for trial in study.finished))
    points = [trial.params for trial in study.finished]
    assert sorted(map(str, points)) == sorted(map(str, study.settings.space.points()))
    assert numbers == {trial.number for trial in study.finished}


def test_no_process_is_none(images: Examples) -> None:
    with pytest.raises(ValueError, match="processes must be at least 1, not 0"):
        WorkerPool("", 2, "some", images, processes=0)
