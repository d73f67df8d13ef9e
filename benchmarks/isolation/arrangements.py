"""Ways to serve explanations beside predictions."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.ours import DigitsServer, RunningDigits
from model import SPEC
from serving import paths
from serving.torchserve import registrations


@dataclass(frozen=True)
class Arrangement:
    """Number of prediction workers, and where explanations run: there, or in a worker of their own, nice or not."""

    name: str
    title: str
    workers: int = 1
    own: bool = False
    nice: bool = False

    @property
    def path(self) -> str:
        """Return the path of explanations."""
        return f"/explanations/{registrations.EXPLAINER.name if self.own else SPEC.name}"

    @contextmanager
    def running(self, directory: Path) -> Iterator[RunningDigits]:
        """A server of its own, arranged so."""
        with DigitsServer().running(directory) as running:
            if self.workers > 1:
                with running.server.manage() as management:
                    management.scale(self.workers)
            if self.own:
                registrations.add(running.server, registrations.EXPLAINER, paths.archive(SPEC.name).name)
            if self.own and not self.nice:
                psutil.Process(self.worker(running)).nice(0)  # only root may take a process's niceness away
            yield running

    def worker(self, running: RunningDigits) -> int:
        """The pid of a worker that explains."""
        with running.server.manage(registrations.EXPLAINER.name if self.own else SPEC.name) as management:
            return int(management.describe()[0]["workers"][0]["pid"])


ARRANGEMENTS = (
    Arrangement("shared", "one worker for both"),
    Arrangement("two", "two workers for both", workers=2),
    Arrangement("own", "separate registration, nice 0", own=True),
    Arrangement("nice", "separate registration at nice 10 (the default)", own=True, nice=True),
)
