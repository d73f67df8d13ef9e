"""A study: its settings, its trials and how many there are to be, shared through a database."""

import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import optuna
from optuna.exceptions import DuplicatedStudyError, ExperimentalWarning
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState

from training.tuning import samplers
from training.tuning.settings import StudySettings
from training.tuning.storage import record_missing_heartbeats

_SETTINGS, _GOAL, SURPLUS, ACCURACIES, _RETRIED = "settings", "goal", "surplus", "accuracies", "failed_trial"
_JUST_KILLED = 10.0  # seconds until a dead trial is queued again
_JUST_MADE = 5.0  # seconds until a new study has its settings
_FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)


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
        return _killed(self.trials)

    @property
    def over(self) -> bool:
        return len(self.finished) >= self.goal

    @property
    def has_work(self) -> bool:
        """Return whether a trial may begin: running ones count, until they are finished, or dead and queued again."""
        self._fail_stale_trials()
        trials = self.trials  # one look: what changes between two would be counted twice, or not at all
        begun = sum(trial.state in (*_FINISHED, TrialState.RUNNING) for trial in trials)
        return begun + len(_unqueued(trials)) < self.goal

    def set_goal(self, trials: int | None, default: int = 25) -> None:
        """None keeps what was set before, else takes the default. A grid has no more trials than points.

        Raises ValueError under 1.
        """
        if trials is not None and trials < 1:
            raise ValueError(f"trials must be at least 1, not {trials}")
        points = len(self.settings.space.points()) if self.settings.sampler == "grid" else None
        wanted = trials or self.optuna_study.user_attrs.get(_GOAL) or points or default
        self.optuna_study.set_user_attr(_GOAL, min(wanted, points) if points else wanted)

    def retry(self, number: int) -> None:
        """Queue the parameters of an interrupted trial for the next process."""
        trial = self.trials[number]
        if trial.state == TrialState.FAIL:
            self.optuna_study.enqueue_trial(trial.params, user_attrs={_RETRIED: number})

    def _fail_stale_trials(self) -> None:
        """Trials whose process was killed are marked failed and queued again."""
        record_missing_heartbeats(self.storage, self.storage.get_study_id_from_name(self.name))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)  # its name may change with the next version
            optuna.storages.fail_stale_trials(self.optuna_study)


def _killed(trials: Sequence[FrozenTrial]) -> list[FrozenTrial]:
    return [trial for trial in trials if trial.state == TrialState.FAIL and SURPLUS not in trial.user_attrs]


def _unqueued(trials: Sequence[FrozenTrial]) -> list[FrozenTrial]:
    """Return trials that a process has just marked failed and not queued again: their places are taken."""
    queued = {number for trial in trials for number in trial.system_attrs.get("retry_history", ())}
    queued |= {trial.user_attrs.get(_RETRIED) for trial in trials}
    since = time.time() - _JUST_KILLED
    dead = [trial for trial in _killed(trials) if trial.number not in queued]
    return [trial for trial in dead if trial.datetime_complete and trial.datetime_complete.timestamp() > since]


def accuracy(trial: FrozenTrial) -> float:
    """The objective, 0..1; of a pruned trial the last figure it reported."""
    value = trial.value if trial.value is not None else trial.intermediate_values[max(trial.intermediate_values)]
    assert value is not None
    return value


def names(storage: RDBStorage) -> list[str]:
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
        _first(optuna_study, settings)
    return _study(optuna_study, settings, storage)


def load(storage: RDBStorage, name: str) -> Study:
    """A study that exists. Raises ValueError if it does not."""
    settings = recorded(storage, name)
    if settings is None:
        known = ", ".join(sorted(names(storage))) or "none yet"
        raise ValueError(f"unknown study {name!r} in this database; there is: {known}")
    return _study(optuna.load_study(study_name=name, storage=storage), settings, storage)


def _first(optuna_study: optuna.Study, settings: StudySettings) -> None:
    """Enqueue the base preset as first trial, if it lies in the space, for comparison."""
    optuna_study.set_user_attr(_SETTINGS, settings.as_dict())
    base = settings.space.labels(settings.base_preset)
    if base is not None and settings.sampler != "grid":
        optuna_study.enqueue_trial(base)


def _study(optuna_study: optuna.Study, settings: StudySettings, storage: RDBStorage) -> Study:
    optuna_study.sampler = samplers.sampler(settings.sampler, settings.space, settings.seed)
    optuna_study.pruner = samplers.pruner(settings.pruner, settings.preset["epochs"], settings.folds)
    return Study(optuna_study, settings, storage)
