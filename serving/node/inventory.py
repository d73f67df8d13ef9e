"""Models that TorchServe has registered, with their versions and workers."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from serving.torchserve import properties, registrations, server
from serving.torchserve.management import Management, ManagementError, ready_workers

_TIMEOUT = 2.0  # seconds; shorter than the timeout of Prometheus, so that metrics show a TorchServe that hangs
_FRESH = 0.5  # seconds for which an answer of TorchServe is reused

T = TypeVar("T")


@dataclass(frozen=True)
class Version:
    """Registered version of a model.

    archive     path in the model store
    is_ready    true while it has a READY worker
    is_default  true if it answers requests that name no version
    """

    version: str
    archive: Path
    is_ready: bool
    is_default: bool


def ask(directory: Path, question: Callable[[Management], T]) -> T:
    """Send a question to the TorchServe of a run folder; return the answer.

    Raises ManagementError if TorchServe does not run, and the errors of ``management.UNANSWERED`` if it does not
    answer.
    """
    running = server.find_running(directory)
    if running is None:
        raise ManagementError("no TorchServe runs")
    with running.manage(timeout=_TIMEOUT) as management:
        return question(management)


def store(directory: Path) -> Path:
    """Return the model store that the server of a run folder was started with."""
    return Path(properties.read(directory / "config.properties")["model_store"])


class Inventory:
    """Registered models of the server of a run folder, cached for half a second.

    The methods raise the errors of ``management.UNANSWERED`` while TorchServe does not answer.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._cache: dict[str, tuple[float, Any]] = {}

    def names(self) -> Sequence[str]:
        """Return the names of the models, without the further registrations of their archives."""
        return sorted(name for name in self._fresh("", Management.models) if not registrations.is_further(name))

    def versions(self, name: str) -> Sequence[Version]:
        """Return the versions of a model."""
        described = self._fresh(name, lambda management: management.describe("all", name))
        default, folder = self._fresh("", Management.models)[name], store(self._directory)
        return [
            Version(item["modelVersion"], folder / file, ready_workers(item) > 0, file == default)
            for item in sorted(described, key=lambda item: item["modelVersion"])
            for file in [item["modelUrl"]]
        ]

    def _fresh(self, key: str, question: Callable[[Management], Any]) -> Any:
        now = time.monotonic()
        self._cache = {name: entry for name, entry in self._cache.items() if entry[0] > now - _FRESH}
        if key not in self._cache:
            self._cache[key] = now, ask(self._directory, question)
        return self._cache[key][1]
