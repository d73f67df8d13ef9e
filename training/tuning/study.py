"""A study: its settings, its trials and how many there are to be, shared through a database.

Each place of the study, from 0 to the goal, has a trial that is queued in the database before a process begins it.
Optuna gives a queued trial to one process only, so processes need not count each other's trials.
"""

import random
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.exceptions import DuplicatedStudyError, ExperimentalWarning
from optuna.pruners import BasePruner, HyperbandPruner, MedianPruner, NopPruner
from optuna.samplers import RandomSampler, TPESampler
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState

from training.tuning.settings import StudySettings
from training.tuning.storage import record_missing_heartbeats

_SETTINGS, _GOAL, PLACE, SURPLUS, ACCURACIES = "settings", "goal", "place", "surplus", "accuracies"
_JUST_MADE = 5.0  # seconds until a new study has its settings
_RETRIES = 3  # times that a trial's values are tried again after it was killed
_STARTUP = 5  # trials before the median is worth something
_FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)


class SurplusError(Exception):
    """A trial that the study does not need: another process has its place."""


@dataclass(frozen=True)
class Study:
    """Study of Optuna with its settings.

    settings  common to all processes
    storage   database of the study
    """

    optuna_study: optuna.Study
    settings: StudySettings
    storage: RDBStorage

    @property
    def name(self) -> str:
        return self.optuna_study.study_name

    @property
    def goal(self) -> int:
        """Return the number of trials to finish, by all processes together. Any process may raise it meanwhile."""
        goal: int = self.optuna_study.user_attrs[_GOAL]
        return goal

    @property
    def trials(self) -> list[FrozenTrial]:
        return self.optuna_study.get_trials(deepcopy=False)

    @property
    def finished(self) -> list[FrozenTrial]:
        """Complete or pruned, in the order in which they began."""
        return [trial for trial in self.trials if trial.state in _FINISHED]

    @property
    def complete(self) -> list[FrozenTrial]:
        """The best first; of equals, the earlier."""
        completed = [trial for trial in self.trials if trial.state == TrialState.COMPLETE]
        return sorted(completed, key=lambda trial: (-accuracy(trial), trial.number))

    @property
    def killed(self) -> list[FrozenTrial]:
        """Ended by a signal, an interruption or an error, not by what they measured."""
        return [trial for trial in self.trials if trial.state == TrialState.FAIL and SURPLUS not in trial.user_attrs]

    @property
    def over(self) -> bool:
        return len(self.finished) >= self.goal

    def set_goal(self, trials: int | None, default: int = 25) -> None:
        """None keeps what was set before, else takes the default. A grid has no more trials than points.

        Raises ValueError under 1.
        """
        if trials is not None and trials < 1:
            raise ValueError(f"trials must be at least 1, not {trials}")
        points = len(self.settings.space.points()) if self.settings.sampler == "grid" else None
        wanted = trials or self.optuna_study.user_attrs.get(_GOAL) or points or default
        self.optuna_study.set_user_attr(_GOAL, min(wanted, points) if points else wanted)

    def queue(self) -> bool:
        """Queue a trial for each place that has none, or only killed ones; return whether any trial waits."""
        record_missing_heartbeats(self.storage, self.storage.get_study_id_from_name(self.name))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)  # its name may change with the next version
            optuna.storages.fail_stale_trials(self.optuna_study)
        taken = {_place(trial) for trial in self.trials if trial.state != TrialState.FAIL}
        for place in sorted(set(range(self.goal)) - taken):
            self.optuna_study.enqueue_trial(self._values(place), {PLACE: place})
        return any(trial.state == TrialState.WAITING for trial in self.trials)

    def claim(self, trial: optuna.Trial) -> None:
        """Make the trial's draws its own: a study that was stopped goes on with those that it would have had.

        Raises SurplusError if no trial waited any more when it began, or two processes queued one for the same place.
        """
        before = [other for other in self.trials if other.number < trial.number and other.state != TrialState.FAIL]
        if trial.user_attrs.get(PLACE) in (None, *map(_place, before)):
            trial.set_user_attr(SURPLUS, True)
            raise SurplusError
        kind = TPESampler if self.settings.sampler == "tpe" else RandomSampler
        self.optuna_study.sampler = kind(seed=(self.settings.seed * 1_000_003 + trial.number) % 2**32)

    def _values(self, place: int) -> dict[str, Any]:
        """Return what its killed trial had, else the point of the grid, else nothing: the sampler draws the rest.

        The first trial is the base preset, for comparison, if it lies in the space.
        """
        killed = [trial for trial in self.killed if _place(trial) == place]
        if killed and len(killed) <= _RETRIES:
            return killed[-1].params
        if self.settings.sampler == "grid":
            points = self.settings.space.points()
            random.Random(self.settings.seed).shuffle(points)  # noqa: S311
            return dict(points[place])
        return dict(self.settings.space.labels(self.settings.base_preset) or {}) if place == 0 else {}


def _place(trial: FrozenTrial) -> int:
    place: int = trial.user_attrs.get(PLACE, trial.number)
    return place


def accuracy(trial: FrozenTrial) -> float:
    """The objective, 0..1; of a pruned trial the last figure it reported."""
    value = trial.value if trial.value is not None else trial.intermediate_values[max(trial.intermediate_values)]
    assert value is not None
    return value


def names(storage: RDBStorage) -> Sequence[str]:
    return optuna.get_all_study_names(storage)


def recorded(storage: RDBStorage, name: str) -> StudySettings | None:
    """The settings of a study that exists; None if it does not."""
    if name not in names(storage):
        return None
    study = optuna.load_study(study_name=name, storage=storage)
    until = time.monotonic() + _JUST_MADE
    while _SETTINGS not in study.user_attrs and time.monotonic() < until:
        time.sleep(0.1)
    return StudySettings(**study.user_attrs[_SETTINGS]) if _SETTINGS in study.user_attrs else None


def begin(storage: RDBStorage, name: str, settle: Callable[[StudySettings | None], StudySettings]) -> Study:
    """Join the study of that name, or make it.

    settle  what to do it with, given what is recorded; raises ValueError if that is not what was asked for
    """
    settings = settle(recorded(storage, name))
    try:
        optuna_study = optuna.create_study(storage=storage, study_name=name, direction="maximize")
    except DuplicatedStudyError:
        settings = settle(recorded(storage, name))  # another process made it meanwhile
        optuna_study = optuna.load_study(study_name=name, storage=storage)
    if _SETTINGS not in optuna_study.user_attrs:
        optuna_study.set_user_attr(_SETTINGS, settings.as_dict())
    return _study(optuna_study, settings, storage)


def load(storage: RDBStorage, name: str) -> Study:
    """A study that exists. Raises ValueError if it does not."""
    settings = recorded(storage, name)
    if settings is None:
        known = ", ".join(sorted(names(storage))) or "none yet"
        raise ValueError(f"unknown study {name!r} in this database; there is: {known}")
    return _study(optuna.load_study(study_name=name, storage=storage), settings, storage)


def _study(optuna_study: optuna.Study, settings: StudySettings, storage: RDBStorage) -> Study:
    optuna_study.pruner = _pruner(settings.pruner, settings.preset["epochs"], settings.folds)
    return Study(optuna_study, settings, storage)


def _pruner(name: str, epochs: int, folds: int) -> BasePruner:
    """None of them ends a trial in the first third of its first fold: the learning rate has not come down yet."""
    first = max(1, epochs // 3)
    if name == "hyperband":
        return HyperbandPruner(min_resource=first, max_resource=epochs + folds - 1)
    return MedianPruner(_STARTUP, n_warmup_steps=first) if name == "median" else NopPruner()
