"""Runner of jobs in one or several processes. It skips jobs whose results are recorded."""

import logging
import multiprocessing
import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tqdm import tqdm

from training.selection import record
from training.selection.jobs import Job, Result
from training.selection.record import Store
from training.selection.training_images import TrainingImages

_log = logging.getLogger(__name__)


@dataclass
class JobRunner:
    """Runner of the jobs of one comparison, with a progress bar.

    jobs  processes at once, each on one thread; 1 computes in this process. Raises ValueError if it is less than 1
    """

    material: TrainingImages
    store: Store
    jobs: int = 1
    _bar: Any = field(init=False, default=None)

    def __post_init__(self) -> None:
        if self.jobs < 1:
            raise ValueError(f"jobs must be at least 1, not {self.jobs}")

    @contextmanager
    def bar(self, total: int) -> Iterator[None]:
        """Show the progress of ``total`` jobs on a terminal while the block runs."""
        with tqdm(total=total, unit=" pieces", disable=None, dynamic_ncols=True) as self._bar:
            yield

    def finish(self, pieces: Sequence[Job]) -> list[Result]:
        """Return the results of all jobs, in their order. Recorded results are not computed again. Call within ``bar``.

        Raises OSError if a result cannot be recorded, and BrokenProcessPool if a process was killed.
        """
        identities = [record.cache_key(piece, self.material) for piece in pieces]
        results = [self.store.load(key) for key in identities]
        missing = [place for place, result in enumerate(results) if result is None]
        self._bar.update(len(pieces) - len(missing))
        for place, result in self._computed(pieces, missing):
            self.store.save(identities[place], result)
            results[place] = result
            self._tell(pieces[place], result)
        return [result for result in results if result is not None]

    def _computed(self, pieces: Sequence[Job], missing: Sequence[int]) -> Iterator[tuple[int, Result]]:
        if self.jobs == 1:
            for place in missing:
                self._bar.set_postfix_str(pieces[place].name)
                yield place, compute(pieces[place], self.material)
        elif missing:
            yield from self._in_processes(pieces, list(missing))

    def _in_processes(self, pieces: Sequence[Job], missing: list[int]) -> Iterator[tuple[int, Result]]:
        """Start a job as soon as a process is free. The bar shows the running jobs."""
        context = multiprocessing.get_context("spawn")  # a fork of a process with torch's threads can hang
        with ProcessPoolExecutor(self.jobs, context, _start, (self.material,)) as pool:
            running: dict[Future[Result], int] = {}
            while missing or running:
                while missing and len(running) < self.jobs:
                    place = missing.pop(0)
                    running[pool.submit(_compute_here, pieces[place])] = place
                self._bar.set_postfix_str("; ".join(pieces[place].name for place in running.values()))
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    yield running.pop(future), future.result()

    def _tell(self, piece: Job, result: Result) -> None:
        self._bar.update()
        if self._bar.disable:
            _log.info("%s: %.2f %% right", piece.name, 100 * result["accuracy"])


def compute(piece: Job, material: TrainingImages) -> Result:
    """Run a job on one thread, so that times can be compared and several jobs can share the cores of the machine."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        return piece.run(material)


_here: list[TrainingImages] = []  # images of a worker process, sent to it once


def _start(material: TrainingImages) -> None:
    _here[:] = [material]
    end_with_parent()


def end_with_parent() -> None:
    """End this process when its parent ends. A killed parent cannot end its children."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def wait() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _compute_here(piece: Job) -> Result:
    return compute(piece, _here[0])
