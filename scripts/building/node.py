"""A node with a gateway, wherever it runs."""

import ssl
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from functools import cached_property

import httpx

from serving.errors import UserError
from serving.torchserve.management import PLAIN
from serving.waiting import within

_READY_SECONDS = 60.0
_POLL = 0.05


class ContainerNodeError(UserError):
    """Fault of a node."""


class RunningNode(ABC):
    """``gateway`` and ``health`` are the URLs of its gateway and of its probes."""

    directory = ""  # the run folder, as its own commands know it

    def __init__(self, gateway: str, health: str) -> None:
        self.gateway, self.health = gateway, health
        self._begun = time.monotonic()

    @abstractmethod
    def exec(self, *command: str) -> str:
        """Return what a command prints where the node runs. Raises UserError."""

    @abstractmethod
    def cpu(self) -> float:
        """Return the seconds of processor time that its processes took so far."""

    @property
    @abstractmethod
    def running(self) -> bool: ...

    @abstractmethod
    def log(self) -> str: ...

    @cached_property
    def key(self) -> str:
        """The key of a client who may do everything, as fast as it can."""
        options = ("--rate", "1000000", "--concurrent", "1000")
        shown = self.exec("scripts/clients", "--directory", self.directory, "add", "check", *options)
        return shown.splitlines()[-1]

    @cached_property
    def trust(self) -> ssl.SSLContext:
        """Trust the certificate that the node made for itself, which is for the name of its machine."""
        context = ssl.create_default_context(cadata=self.exec("cat", f"{self.directory}/gateway/certificate.pem"))
        context.check_hostname = False
        return context

    def http(self) -> httpx.Client:
        """A client with that key."""
        headers = {"Authorization": f"Bearer {self.key}"}
        return httpx.Client(base_url=self.gateway, verify=self.trust, headers=headers, timeout=60, trust_env=False)

    def ask(self, path: str) -> httpx.Response:
        """Ask where the probes are."""
        return httpx.get(self.health + path, timeout=5, trust_env=False, verify=PLAIN)

    @property
    def ready(self) -> bool:
        with suppress(httpx.TransportError):
            return self.ask("/readyz").is_success
        return False

    def wait_ready(self, seconds: float = _READY_SECONDS) -> float:
        """Return the seconds until a worker was READY. Raises ContainerNodeError with the end of the log."""
        state = within(seconds, lambda: "ready" if self.ready else "" if self.running else "ended", _POLL)
        if state != "ready":
            raise ContainerNodeError(f"the node never got ready: {self.log()[-500:]}")
        return time.monotonic() - self._begun
