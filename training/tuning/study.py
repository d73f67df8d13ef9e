"""Study of hyperparameters: its settings, its trials and its goal, in a database that several processes share."""

import random
import time
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass

import optuna
from optuna.exceptions import DuplicatedStudyError, ExperimentalWarning
from optuna.pruners import BasePruner, HyperbandPruner, MedianPruner, NopPruner
from optuna.samplers import RandomSampler, TPESampler
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState

from training.tuning import storage
from training.tuning.settings import StudySettings
from training.tuning.space import Label

_SETTINGS, _GOAL, SURPLUS, ACCURACIES = "settings", "goal", "surplus", "accuracies"
_JUST_MADE = 5.0  # seconds to wait for the settings of a study that another process creates
_STARTUP = 5  # trials before the median pruner may stop one
_FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)


class SurplusError(Exception):
    """A trial beyond the goal of the study: other processes have begun the last trials."""


@dataclass(frozen=True)
class Study:
    """A study of Optuna with its settings. All processes share it."""

    optuna_study: optuna.Study
    settings: StudySettings
    storage: RDBStorage

    @property
    def name(self) -> str:
        return self.optuna_study.study_name

    @property
    def goal(self) -> int:
        """Return the number of trials that all processes together should finish. Any process may raise it."""
        goal: int = self.optuna_study.user_attrs[_GOAL]
        return goal

    @property
    def trials(self) -> list[FrozenTrial]:
        return self.optuna_study.get_trials(deepcopy=False)

    @property
    def finished(self) -> list[FrozenTrial]:
        """Return the complete and the pruned trials, in the order of their start."""
        return [trial for trial in self.trials if trial.state in _FINISHED]

    @property
    def complete(self) -> list[FrozenTrial]:
        """Return the complete trials, the best first; of equals, the earlier first."""
        completed = [trial for trial in self.trials if trial.state == TrialState.COMPLETE]
        return sorted(completed, key=lambda trial: (-accuracy(trial), trial.number))

    @property
    def killed(self) -> list[FrozenTrial]:
        """Return the trials that ended by a signal, an interruption or an error."""
        return [trial for trial in self.trials if trial.state == TrialState.FAIL and SURPLUS not in trial.user_attrs]

    @property
    def over(self) -> bool:
        return len(self.finished) >= self.goal

    def set_goal(self, trials: int | None, default: int = 25) -> None:
        """Set the number of trials. None keeps the recorded goal, or sets ``default`` if there is none.

        A grid has at most as many trials as points. Raises ValueError if ``trials`` is less than 1.
        """
        if trials is not None and trials < 1:
            raise ValueError(f"trials must be at least 1, not {trials}")
        points = len(self.settings.space.points()) if self.settings.sampler == "grid" else None
        wanted = trials or self.optuna_study.user_attrs.get(_GOAL) or points or default
        self.optuna_study.set_user_attr(_GOAL, min(wanted, points) if points else wanted)

    def has_place(self) -> bool:
        """Return whether another trial can begin. Mark stale trials as failed first, which queues them again."""
        storage.record_missing_heartbeats(self.storage, self.optuna_study._study_id)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)  # Optuna calls this function experimental
            optuna.storages.fail_stale_trials(self.optuna_study)
        return self._begun(self.trials) < self.goal

    def claim(self, trial: optuna.Trial) -> None:
        """Set the sampler's seed by the number of the trial, so that a resumed study draws the same values.

        Raises SurplusError if other processes have begun the last trials at the same time.
        """
        if self._begun(other for other in self.trials if other.number < trial.number) >= self.goal:
            trial.set_user_attr(SURPLUS, True)
            raise SurplusError
        kind = TPESampler if self.settings.sampler == "tpe" else RandomSampler
        self.optuna_study.sampler = kind(seed=(self.settings.seed * 1_000_003 + trial.number) % 2**32)

    def retry(self, trial: optuna.Trial) -> None:
        """Queue the values of an interrupted trial again, as Optuna does for a stale trial."""
        again = self.storage.get_heartbeat_stale_trial_callback()
        assert again is not None
        again(self.optuna_study, self.trials[trial.number])

    @staticmethod
    def _begun(trials: Iterable[FrozenTrial]) -> int:
        return sum(trial.state in (TrialState.RUNNING, *_FINISHED) for trial in trials)


def accuracy(trial: FrozenTrial) -> float:
    """Return the accuracy of a trial, 0..1; of a pruned trial, its last report."""
    value = trial.value if trial.value is not None else trial.intermediate_values[max(trial.intermediate_values)]
    assert value is not None
    return value


def begin(database: RDBStorage, name: str, settle: Callable[[StudySettings | None], StudySettings]) -> Study:
    """Join the study of that name, or create it.

    settle  returns the settings, given the recorded ones; raises ValueError if the options differ from these
    """
    settings = settle(_recorded(database, name))
    try:
        optuna_study = optuna.create_study(storage=database, study_name=name, direction="maximize")
    except DuplicatedStudyError:
        settings = settle(_recorded(database, name))  # another process has created it at the same time
        optuna_study = optuna.load_study(study_name=name, storage=database)
    if _SETTINGS not in optuna_study.user_attrs:
        for labels in _first_trials(settings):
            optuna_study.enqueue_trial(labels, skip_if_exists=True)
        optuna_study.set_user_attr(_SETTINGS, asdict(settings))
    return _study(optuna_study, settings, database)


def load(database: RDBStorage, name: str) -> Study:
    """Return an existing study. Raises ValueError if there is none of that name."""
    settings = _recorded(database, name)
    if settings is None:
        known = ", ".join(sorted(optuna.get_all_study_names(database))) or "none yet"
        raise ValueError(f"unknown study {name!r} in this database; there is: {known}")
    return _study(optuna.load_study(study_name=name, storage=database), settings, database)


def _recorded(database: RDBStorage, name: str) -> StudySettings | None:
    """Return the recorded settings of a study, or None if it does not exist."""
    if name not in optuna.get_all_study_names(database):
        return None
    study = optuna.load_study(study_name=name, storage=database)
    until = time.monotonic() + _JUST_MADE
    while _SETTINGS not in study.user_attrs and time.monotonic() < until:
        time.sleep(0.1)
    return StudySettings(**study.user_attrs[_SETTINGS]) if _SETTINGS in study.user_attrs else None


def _first_trials(settings: StudySettings) -> Sequence[dict[str, Label]]:
    """Return all points of a grid. For other samplers, return the base preset if it lies in the space."""
    if settings.sampler == "grid":
        points = settings.space.points()
        random.Random(settings.seed).shuffle(points)  # noqa: S311
        return points
    base = settings.space.labels(settings.base_preset)
    return [base] if base else []


def _study(optuna_study: optuna.Study, settings: StudySettings, database: RDBStorage) -> Study:
    optuna_study.pruner = _pruner(settings.pruner, settings.preset["epochs"], settings.folds)
    return Study(optuna_study, settings, database)


def _pruner(name: str, epochs: int, folds: int) -> BasePruner:
    """Return a pruner that spares the first third of the first fold, because the learning rate is still high there."""
    first = max(1, epochs // 3)
    if name == "hyperband":
        return HyperbandPruner(min_resource=first, max_resource=epochs + folds - 1)
    return MedianPruner(_STARTUP, n_warmup_steps=first) if name == "median" else NopPruner()
