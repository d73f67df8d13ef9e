"""Interface of the servers that the suite measures: this service and its peers."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol


class Dialect(StrEnum):
    """Format of an image in a request. Every answer is JSON with the digit and ten probabilities.

    RAW   784 bytes, application/octet-stream
    JSON  the seed's request, {"x": [784 integers]}
    V2    Open Inference Protocol, one UINT8 tensor of shape [1, 784] as JSON
    PNG   a PNG file of 28x28 pixels as the body
    JPEG  a JPEG file of 1024x1024 pixels as the body
    """

    RAW = "raw"
    JSON = "json"
    V2 = "v2"
    PNG = "png"
    JPEG = "jpeg"


TYPES = {
    Dialect.RAW: "application/octet-stream",
    Dialect.JSON: "application/json",
    Dialect.V2: "application/json",
    Dialect.PNG: "image/png",
    Dialect.JPEG: "image/jpeg",
}


@dataclass(frozen=True)
class Endpoint:
    """Address and headers (Content-Type, key) of requests in one dialect, and the trusted certificate."""

    url: str
    headers: Mapping[str, str]
    certificate: Path | None = None


class RunningContender(Protocol):
    """Running contender that is ready for requests."""

    def endpoint(self, dialect: Dialect) -> Endpoint: ...

    def pids(self) -> Mapping[int, str]:
        """Return process id -> part, such as "server", "worker" or "jvm", for all processes."""
        ...


class Role(StrEnum):
    """Role of a contender. AIDED is a peer that uses the runtime of this service; it does not count as a peer."""

    OURS = "ours"
    PEER = "peer"
    AIDED = "aided"
    LIMIT = "limit"


@dataclass(frozen=True)
class Contender(ABC):
    """Server to measure.

    name      name in files and keys, such as ``fastapi``
    title     name in tables, such as ``FastAPI + uvicorn``
    settings  changed settings for tables, such as ``2 workers, access log off``
    routes    dialect -> path
    """

    name: str
    title: str
    settings: str
    role: Role
    routes: Mapping[Dialect, str]

    def prepare(self) -> None:  # noqa: B027 - not abstract, because most contenders need no preparation
        """Install missing dependencies."""

    @abstractmethod
    def versions(self) -> Mapping[str, str]:
        """Return the versions of the packages of the server."""

    @abstractmethod
    def running(self, directory: Path) -> AbstractContextManager[RunningContender]:
        """Run the server on free loopback ports, with its files in ``directory``. Enter after its first answer."""

    def about(self, versions: Mapping[str, str]) -> dict[str, Any]:
        """Return a description for the report, by which later runs detect changes; JSON."""
        return {"title": self.title, "settings": self.settings, "role": self.role.value, "versions": dict(versions)}
