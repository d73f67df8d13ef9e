"""Several processes on one study."""

import logging
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING

from training.data.dataset import Examples

if TYPE_CHECKING:
    from training.fit.loop import Outliers

_LOOK = 0.5  # seconds between looks at the study
_THREADS = 2  # of a process that is alone
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class WorkerPool:
    """Arguments of every process: the study's address, its images, and the number of processes.

    outliers  as the training loop takes them
    """

    address: str
    grace: int
    name: str
    examples: Examples
    processes: int
    outliers: "Outliers | None" = None

    def __post_init__(self) -> None:
        if self.processes < 1:
            raise ValueError(f"processes must be at least 1, not {self.processes}")

    def run(self, report: Callable[[], None]) -> None:
        """Until the study is over. ``report`` is called whenever there may be something new.

        Raises ValueError if every process came to its end before that.
        """
        if self.processes == 1:
            self.work(report)
            return
        context = multiprocessing.get_context("spawn")  # a fork of a process with torch's threads can hang
        members = [context.Process(target=_member, args=(self,)) for _ in range(self.processes)]
        for member in members:
            member.start()
        try:
            self._watch(members, report)
        finally:
            _end(members)

    def work(self, report: Callable[[], None] = lambda: None) -> None:
        """Be one of the processes."""
        from training.tuning import storage, study, worker
        from training.tuning.objective import Objective

        quiet()
        study_ = study.load(storage.connect(self.address, self.grace), self.name)
        threads = _THREADS if self.processes == 1 else 1
        worker.work(study_, Objective(study_.settings, self.examples, threads, self.outliers), report)

    def _watch(self, members: Sequence[BaseProcess], report: Callable[[], None]) -> None:
        lost: set[int | None] = set()
        while any(member.is_alive() for member in members):
            time.sleep(_LOOK)
            report()
            for member in members:
                if member.exitcode and member.pid not in lost:
                    lost.add(member.pid)
                    _log.warning("a process ended early (%d); the others go on", member.exitcode)
        if len(lost) == len(members):
            raise ValueError(
                "all processes were killed; run the same command to resume, if necessary with fewer --processes"
            )


def quiet() -> None:
    """Optuna's own lines would come between ours."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)


def _end(members: Sequence[BaseProcess]) -> None:
    for member in members:
        member.terminate()
    for member in members:
        member.join()


def _member(pool: WorkerPool) -> None:
    """Run a worker that ignores Ctrl-C: the terminal sends it to all processes, and the parent passes it on once."""
    threading.Thread(target=_die_with_parent, daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        pool.work()
    except KeyboardInterrupt:
        sys.exit(130)


def _die_with_parent() -> None:
    """A killed parent cannot tell its processes to end."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
