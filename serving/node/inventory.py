"""The models that TorchServe has registered, with their versions and workers."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from serving.torchserve import properties, registrations, server
from serving.torchserve.management import Management, ManagementError, ready_workers

_TIMEOUT = 2.0  # seconds, less than Prometheus waits: a TorchServe that hangs is to be seen as one
_FRESH = 0.5  # seconds for which TorchServe is not asked the same again

T = TypeVar("T")


@dataclass(frozen=True)
class Version:
    """A registered version of a model.

    archive     in the model store
    is_ready    true while a worker of it is READY
    is_default  true if requests that name no version get it
    """

    version: str
    archive: Path
    is_ready: bool
    is_default: bool


def ask(directory: Path, question: Callable[[Management], T]) -> T:
    """Return the answer of the TorchServe of a run folder.

    Raises ManagementError if none runs, and what else ``management.UNANSWERED`` lists if it does not answer.
    """
    running = server.find(directory)
    if running is None or not running.running:
        raise ManagementError("no TorchServe runs")
    with running.manage(timeout=_TIMEOUT) as management:
        return question(management)


def store(directory: Path) -> Path:
    """Return the model store that the server of a run folder was started with."""
    return Path(properties.read(directory / "config.properties")["model_store"])


class Inventory:
    """Registered models of the server of a run folder, cached for half a second.

    Its methods raise what ``management.UNANSWERED`` lists while TorchServe does not answer.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._cache: dict[str, tuple[float, Any]] = {}

    def names(self) -> Sequence[str]:
        """Return the names of the models, without further registrations of the same archives."""
        names: Sequence[str] = self._fresh("", self._names)
        return names

    def versions(self, name: str) -> Sequence[Version]:
        """Return the versions of one of the models."""
        versions: Sequence[Version] = self._fresh(name, lambda: self._versions(name))
        return versions

    def _names(self) -> Sequence[str]:
        return sorted(name for name in ask(self._directory, Management.models) if not registrations.is_further(name))

    def _versions(self, name: str) -> Sequence[Version]:
        described, (default,) = ask(
            self._directory, lambda management: [management.describe(version, name) for version in ("all", None)]
        )
        folder = store(self._directory)
        return [
            Version(
                version := item["modelVersion"],
                folder / item["modelUrl"],
                ready_workers(item) > 0,
                version == default["modelVersion"],
            )
            for item in sorted(described, key=lambda item: item["modelVersion"])
        ]

    def _fresh(self, key: str, look: Callable[[], Any]) -> Any:
        now = time.monotonic()
        self._cache = {name: entry for name, entry in self._cache.items() if entry[0] > now - _FRESH}
        if key not in self._cache:
            self._cache[key] = now, look()
        return self._cache[key][1]
