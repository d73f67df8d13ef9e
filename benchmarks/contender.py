"""Interface of a server that the suite measures, ours or another's."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol


class Dialect(StrEnum):
    """Format of an image in a request; every answer is JSON with the digit and its ten probabilities.

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
    """Address of the requests of one dialect, the headers they need (Content-Type, a token), and the certificate to
    trust.
    """

    url: str
    headers: Mapping[str, str]
    certificate: Path | None = None


class RunningContender(Protocol):
    """A contender while it runs and is ready."""

    def endpoint(self, dialect: Dialect) -> Endpoint: ...

    def pids(self) -> Mapping[int, str]:
        """Every process of it, with the part that it plays: "server", "worker", "jvm"."""
        ...


class Contender(Protocol):
    """Server to measure: its setup and its request formats."""

    @property
    def name(self) -> str:
        """Short, for files and keys: ``fastapi``."""
        ...

    @property
    def title(self) -> str:
        """For tables: ``FastAPI + uvicorn``."""
        ...

    @property
    def settings(self) -> str:
        """Return the settings that are not defaults, for tables: ``2 workers, access log off``."""
        ...

    @property
    def dialects(self) -> tuple[Dialect, ...]: ...

    def prepare(self) -> None:
        """Install its dependencies if they are missing."""
        ...

    def versions(self) -> Mapping[str, str]:
        """Return the versions of the server's packages."""
        ...

    def running(self, directory: Path) -> AbstractContextManager[RunningContender]:
        """Start it on free loopback ports with ``directory`` for its files; enter when its first answer came."""
        ...
