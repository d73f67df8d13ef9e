import warnings
from pathlib import Path
from typing import Any

import pytest
from optuna import Trial
from optuna.trial import TrialState

from tests.unit.training.tuning.conftest import GRID, SPACE, Begin
from training.data.dataset import Examples
from training.tuning import settings, storage, study, workers
from training.tuning.settings import StudyOptions


def test_who_joins_says_nothing_and_goes_by_what_is_recorded(begin: Begin) -> None:
    first = begin(SPACE, trials=7, sampler="random", pruner="hyperband", epochs=3, folds=2, images=100)
    joined = begin()
    assert joined.settings == first.settings
    assert joined.settings.images == 100
    assert joined.goal == 7


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"folds": 4}, "made with --folds 2, not 4"),
        ({"sampler": "random"}, "made with --sampler tpe, not random"),
        ({"base": "quick"}, "made with --base default, not quick"),
        ({"epochs": 9}, "made with another preset"),
        ({"images": 99}, "made with --images 600, not 99"),
        ({"space": GRID}, "made with another --space"),
    ],
)
def test_who_joins_with_other_settings_is_told(begin: Begin, options: dict[str, Any], message: str) -> None:
    begin(SPACE, folds=2)
    with pytest.raises(ValueError, match=message):
        begin(**options)


def test_other_images_are_told(images: Examples) -> None:
    recorded = settings.settle(StudyOptions(), images)
    others = Examples(255 - images.images, images.labels)
    with pytest.raises(ValueError, match="made with other images"):
        settings.settle(StudyOptions(), others, recorded)


def test_early_stopping_is_off_where_the_judge_would_see_it(images: Examples) -> None:
    assert settings.settle(StudyOptions(), images).base_preset.patience == 0


def test_a_study_that_is_not_there_is_told_with_those_that_are(begin: Begin, tmp_path: Path) -> None:
    begin(SPACE)
    with pytest.raises(ValueError, match="unknown study 'other' in this database; there is: some"):
        study.load(storage.connect(storage.url(tmp_path / "study.db")), "other")


def test_no_trial_is_none(begin: Begin) -> None:
    with pytest.raises(ValueError, match="trials must be at least 1, not 0"):
        begin(SPACE, trials=0)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("nonsense", "cannot be used"),
        ("magic://host/name", "cannot be used"),
        ("sqlite:////none/of/these/study.db", "unable to open database file"),
        ("mysql+nothere://me:secret@host/name", "mysql"),
    ],
)
def test_a_database_that_cannot_be_used_is_told_without_its_password(address: str, message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        storage.connect(address)
    assert "secret" not in str(caught.value)


def test_a_failed_trial_is_queued_again_once_with_its_values(begin: Begin) -> None:
    def killed(_: Trial) -> float:
        raise ChildProcessError

    small_study = begin(SPACE, trials=2)
    with pytest.raises(ChildProcessError):
        workers.work(small_study, killed)
    assert [trial.state for trial in small_study.trials] == [TrialState.FAIL, TrialState.WAITING]
    workers.work(small_study, lambda _: 0.5)
    assert [trial.number for trial in small_study.killed] == [0]
    assert [trial.params == small_study.killed[0].params for trial in small_study.finished] == [True, False]


def test_a_trial_too_many_is_surplus(begin: Begin) -> None:
    small_study = begin(SPACE, trials=1)
    ask(small_study)
    assert not small_study.has_place()
    with pytest.raises(study.SurplusError):  # as a second process that begins a trial at the same moment
        small_study.claim(ask(small_study))
    assert study.SURPLUS in small_study.trials[1].user_attrs


@pytest.mark.timeout(60)
def test_a_trial_that_was_killed_before_its_first_heartbeat_is_done_again(begin: Begin) -> None:
    small_study = begin(SPACE, trials=2)
    killed = ask(small_study)
    assert (small_study.has_place(), small_study.killed) == (True, []), "it may have begun in this moment"
    workers.work(small_study, lambda _: 0.5)
    assert [trial.number for trial in small_study.killed] == [killed.number]
    assert len(small_study.finished) == 2


def ask(running_study: study.Study) -> Trial:
    """Begin a trial that is running, but in no process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # Optuna warns that such a trial has no heartbeat
        return running_study.optuna_study.ask()
