"""Processes that run the trials of a study."""

import logging
import multiprocessing
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.process import BaseProcess

import optuna
from optuna.exceptions import UpdateFinishedTrialError

from training.data.dataset import Examples
from training.fit.loop import Outliers
from training.selection.runner import end_with_parent
from training.tuning import storage, study
from training.tuning.objective import Objective
from training.tuning.study import Study, SurplusError

_PAUSE = 0.5  # seconds between checks of the other processes
_THREADS = 2  # threads of a single process
_log = logging.getLogger(__name__)


def work(study: Study, objective: Callable[[optuna.Trial], float], report: Callable[[], None] = lambda: None) -> None:
    """Run trials until all processes together have reached the goal of the study.

    report  is called after each trial, and while this process waits for others
    """

    def claimed(trial: optuna.Trial) -> float:
        study.claim(trial)
        study.settings.space.suggest(trial)
        try:
            return objective(trial)
        except (optuna.TrialPruned, UpdateFinishedTrialError):
            raise
        except BaseException:
            study.retry(trial)
            raise

    while not study.over:
        if study.has_place():
            try:
                study.optuna_study.optimize(claimed, n_trials=1, catch=(SurplusError,))
            except UpdateFinishedTrialError:
                _log.warning("this process gave no sign of life for too long: another does its trial again")
        else:
            time.sleep(_PAUSE)
        report()


@dataclass(frozen=True)
class WorkerPool:
    """Arguments of every process: address of the database, name of the study, images, and number of processes.

    outliers  outliers for the training loop
    """

    address: str
    grace: int
    name: str
    examples: Examples
    processes: int
    outliers: Outliers | None = None

    def __post_init__(self) -> None:
        if self.processes < 1:
            raise ValueError(f"processes must be at least 1, not {self.processes}")

    def run(self, report: Callable[[], None]) -> None:
        """Run the processes until the study is over. ``report`` is called whenever the study may have changed.

        Raises ValueError if all processes end before that.
        """
        if self.processes == 1:
            self.work(report)
            return
        context = multiprocessing.get_context("spawn")  # a fork of a process with torch's threads can hang
        members = [context.Process(target=_member, args=(self,)) for _ in range(self.processes)]
        for member in members:
            member.start()
        try:
            _watch(members, report)
        finally:
            for member in members:
                member.terminate()
            for member in members:
                member.join()

    def work(self, report: Callable[[], None] = lambda: None) -> None:
        """Run trials in this process."""
        quiet()
        study_ = study.load(storage.connect(self.address, self.grace), self.name)
        threads = _THREADS if self.processes == 1 else 1
        work(study_, Objective(study_.settings, self.examples, threads, self.outliers), report)


def quiet() -> None:
    """Turn off the log lines of Optuna, which would mix with those of this package."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)


def _watch(members: Sequence[BaseProcess], report: Callable[[], None]) -> None:
    lost: set[int | None] = set()
    while any(member.is_alive() for member in members):
        time.sleep(_PAUSE)
        report()
        for member in members:
            if member.exitcode and member.pid not in lost:
                lost.add(member.pid)
                _log.warning("a process ended early (%d); the others go on", member.exitcode)
    if len(lost) == len(members):
        raise ValueError(
            "all processes were killed; run the same command to resume, if necessary with fewer --processes"
        )


def _member(pool: WorkerPool) -> None:
    """Run trials in a worker process. It ignores Ctrl-C, because the parent receives it too and ends the workers."""
    end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        pool.work()
    except KeyboardInterrupt:
        sys.exit(130)
