"""Node with a gateway, in a container or on this machine."""

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


class RunningNode(ABC):
    """Running node. ``gateway`` and ``health`` are the URLs of its gateway and its probes."""

    directory = ""  # run folder, as the commands of the node see it

    def __init__(self, gateway: str, health: str) -> None:
        self.gateway, self.health = gateway, health
        self._begun = time.monotonic()

    @abstractmethod
    def exec(self, *command: str) -> str:
        """Run a command where the node runs, and return its output. Raises UserError."""

    @abstractmethod
    def cpu(self) -> float:
        """Return the processor time of all its processes so far, in seconds."""

    @property
    @abstractmethod
    def running(self) -> bool: ...

    @abstractmethod
    def log(self) -> str: ...

    @cached_property
    def key(self) -> str:
        """Return the key of a new client with all scopes and practically no limits."""
        options = ("--rate", "1000000", "--concurrent", "1000")
        shown = self.exec("scripts/clients", "--directory", self.directory, "add", "check", *options)
        return shown.splitlines()[-1]

    @cached_property
    def trust(self) -> ssl.SSLContext:
        """Return a TLS context for the node's own certificate, which has the name of its machine."""
        context = ssl.create_default_context(cadata=self.exec("cat", f"{self.directory}/gateway/certificate.pem"))
        context.check_hostname = False
        return context

    def http(self) -> httpx.Client:
        """Return an HTTP client with that key."""
        headers = {"Authorization": f"Bearer {self.key}"}
        return httpx.Client(base_url=self.gateway, verify=self.trust, headers=headers, timeout=60, trust_env=False)

    def ask(self, path: str) -> httpx.Response:
        """Request a path at the address of the probes."""
        return httpx.get(self.health + path, timeout=5, trust_env=False, verify=PLAIN)

    @property
    def ready(self) -> bool:
        with suppress(httpx.TransportError):
            return self.ask("/readyz").is_success
        return False

    def wait_ready(self, seconds: float = _READY_SECONDS) -> float:
        """Wait for a READY worker, and return the seconds since the start. Raises UserError with the log."""
        state = within(seconds, lambda: "ready" if self.ready else "" if self.running else "ended", _POLL)
        if state != "ready":
            raise UserError(f"the node never got ready: {self.log()[-500:]}")
        return time.monotonic() - self._begun
