"""One process that does trials of a study until there are enough of them."""

import logging
import time
from collections.abc import Callable

from optuna import Trial
from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import TrialState

from training.tuning.study import SURPLUS, Study

_PAUSE = 0.5  # seconds between looks at what other processes do
_log = logging.getLogger(__name__)


class _SurplusError(Exception):
    """Another process began the same trial, or the last one that was wanted, in the same moment."""


def work(study: Study, objective: Callable[[Trial], float], report: Callable[[], None] = lambda: None) -> None:
    """Do trials until the study has as many as it is to have, counting all processes.

    report  called after each trial and while waiting for others
    """
    current: list[int] = []

    def claimed(trial: Trial) -> float:
        current[:] = [trial.number]
        _claim(study, trial)
        return objective(trial)

    while not study.over:
        if study.has_work:
            _one(study, claimed, current)
        else:
            time.sleep(_PAUSE)
        report()


def _one(study: Study, objective: Callable[[Trial], float], current: list[int]) -> None:
    current.clear()
    try:
        study.optuna_study.optimize(objective, n_trials=1, catch=(_SurplusError,))
    except UpdateFinishedTrialError:
        _log.warning("this process gave no sign of life for too long: another does trial %d again", current[0])
    except KeyboardInterrupt:
        if current:
            study.retry(current[0])
        raise


def _claim(study: Study, trial: Trial) -> None:
    """Give up a trial that is one too many, or a point of the grid that another process has.

    It is on record before the others are looked at, so of two processes in the same moment at least one sees the other.
    """
    labels = study.settings.space.suggest(trial)
    others = [other for other in study.trials if other.state != TrialState.FAIL and other.number != trial.number]
    late = sum(other.number < trial.number for other in others) >= study.goal
    double = study.settings.sampler == "grid" and any(other.params == labels for other in others)
    if late or double:
        trial.set_user_attr(SURPLUS, True)
        raise _SurplusError
