"""Helpers for tests of supervisors: a run folder with a supervisor."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from serving.gateway.routes import Route
from serving.torchserve import keys, server
from serving.torchserve.management import PLAIN
from serving.torchserve.probe import answers
from serving.torchserve.server import Server

from . import busy

PIXELS = {"Content-Type": "application/octet-stream"}


class Door:
    """A gateway that only records its calls."""

    running = True

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.clients, self.socket = directory / "clients.map", directory / "gateway.sock"
        self.calls: list[str] = []

    def command(self, text: str) -> str:
        assert "show table usage" in text
        return ""

    def stop(self) -> None:
        self.calls.append("stop")

    def set_backend_token(self, value: str) -> None:
        self.calls.append(value)

    @contextmanager
    def paused(self) -> Iterator[None]:
        self.calls.append("held")
        yield
        self.calls.append("open")

    def serve(self, models: Iterable[Route]) -> None:
        pass

    def queue(self) -> tuple[int, int]:
        return 0, 0

    def heavy(self, names: Mapping[str, str]) -> None:
        pass

    def wanted(self) -> set[str]:
        return set()

    def asleep(self, explainers: Iterable[str]) -> None:
        pass

    def awake(self, explainer: str) -> None:
        raise AssertionError(f"nobody asks {explainer}")

    def connections(self) -> int:
        return 0

    def give_memory_back(self) -> None:
        pass

    def set_queue_limit(self, waiting: int) -> None:
        raise AssertionError(f"nobody waits, yet {waiting} may")


@dataclass
class Node:
    """A run folder with a supervisor."""

    directory: Path
    health: str
    door: Door = field(init=False)

    def __post_init__(self) -> None:
        self.door = Door(self.directory)

    @property
    def server(self) -> Server:
        running = server.find(self.directory)
        assert running
        return running

    def get(self, path: str) -> httpx.Response:
        return httpx.get(self.health + path, timeout=5 * busy.PATIENCE, trust_env=False, verify=PLAIN)

    def ready(self) -> bool:
        return answers(f"{self.health}/readyz")

    @property
    def headers(self) -> dict[str, str]:
        return keys.read(self.directory).inference.header | PIXELS

    def digit(self, seven: bytes) -> int | None:
        """Return the prediction for a 7; None if there is no answer."""
        try:
            url = f"{self.server.inference}/predictions/digits"
            response = httpx.post(url, content=seven, headers=self.headers, trust_env=False, verify=PLAIN)
        except httpx.TransportError:
            return None
        return int(response.json()["digit"]) if response.status_code == 200 else None
