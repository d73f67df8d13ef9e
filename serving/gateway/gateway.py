"""The HAProxy before a node: what it is told while it runs, and its soft stop."""

import csv
import os
import re
import shutil
import signal
import socket
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import starmap
from pathlib import Path
from typing import NamedTuple

from serving import processes, state
from serving.gateway import clients, haproxy, routes
from serving.gateway.haproxy import FOLDER, GatewayError
from serving.gateway.metering import Meter
from serving.gateway.routes import Route
from serving.waiting import within

STATE, CLIENTS = "state.json", "clients.map"
_ANSWER_SECONDS = 10.0
_EXPENSIVE_SECONDS = 0.5  # bodies of slow clients may take much longer
_QUEUE_SECONDS = 0.5  # haproxy.cfg lets no prediction wait longer
_READ_SECONDS = 0.1  # answers take longer only where the model does, or the machine is busy
_RENEWAL_POLL_SECONDS = 0.002
_STOP_SECONDS = 35.0  # haproxy.cfg closes by force what is still open after 30
_WORD = re.compile(r"[A-Za-z0-9._=+/:-]{1,256}")
# Servers of haproxy.cfg by their backends: those of cheap requests, of expensive ones, and of long bodies.
_CHEAP = {("predictions", "torchserve"), ("predictions", "BACKEND")}
_EXPENSIVE = {
    ("predictions", "files"),
    ("predictions", "heavy"),
    ("explanations", "explainer"),
    ("explanations", "apart"),
}
_BODIES = {
    ("uploads", "uploads"),
    ("uploads", "heavy"),
    ("explained_uploads", "explainer"),
    ("explained_uploads", "apart"),
}


class Inside(NamedTuple):
    """Numbers of requests that no rule of the gateway holds any more: in a queue, or sent."""

    queued: int
    sent: int


def inside(rows: Iterable[Mapping[str, str]], servers: Collection[tuple[str, str]]) -> Inside:
    """Return the requests that wait for a place at these servers, and those that were sent to them.

    rows  of HAProxy's ``show stat``. It counts a request for a backend before any rule, but for a server only when no
          rule holds the request any more.
    """
    own = [row for row in rows if (row["# pxname"], row["svname"]) in servers]
    sent = sum(int(row["scur"]) for row in own if row["svname"] != "BACKEND")
    return Inside(sum(int(row["qcur"] or 0) for row in own), sent)


@dataclass(frozen=True)
class Gateway:
    """A running gateway: its folder in the run folder, the file of its clients, where they reach it, its process, its
    runtime socket, and the sha256 of what it was made of."""

    directory: Path
    clients: Path
    url: str
    pid: int
    socket: Path
    content: str = ""

    @property
    def running(self) -> bool:
        return processes.lives(self.pid, lambda process: process.name() == "haproxy")

    @property
    def certificate(self) -> Path:
        """The certificate that it made itself, for clients to trust; missing if it was given another."""
        return self.directory / "certificate.pem"

    @property
    def answers(self) -> bool:
        """Return whether the gateway takes commands."""
        try:
            return bool(self.command("show info"))
        except GatewayError:
            return False

    def stop(self) -> None:
        """Take no new connections, finish every request that was accepted, within a bound, and end."""
        processes.end(self.pid, signal.SIGUSR1, _STOP_SECONDS, lambda: self.running)
        shutil.rmtree(self.socket.parent, ignore_errors=True)
        (self.directory / STATE).unlink(missing_ok=True)

    def set_backend_token(self, value: str) -> None:
        """Send requests to TorchServe with this key from now on, and end the pause."""
        self._set_runtime(token=value, held="none")

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Hold new requests for the length of the block, once those that went in before are sent to TorchServe.

        An answer shows that a request was sent. The wait for answers is short, as cheap requests must not wait for
        expensive ones.
        """
        try:
            self._set_runtime(held="expensive")
            within(_EXPENSIVE_SECONDS, self._expensive_are_sent)
            within(_QUEUE_SECONDS, self._cheap_are_sent, _RENEWAL_POLL_SECONDS)
            within(_READ_SECONDS, self._cheap_are_answered, _RENEWAL_POLL_SECONDS)
            yield
        finally:
            self._set_runtime(held="none")

    def _expensive_are_sent(self) -> bool:
        """Return whether no expensive request waits for a place, and no long body is on its way."""
        rows = self._rows("show stat")
        bodies = inside(rows, _BODIES)
        return not (bodies.queued or bodies.sent or inside(rows, _EXPENSIVE).queued)

    def _cheap_are_sent(self) -> bool:
        """Hold all new requests; return whether no cheap one waits for a place. One message, for others wait for it."""
        rows = self._rows(f"{self._setting('held', 'all')}; show stat predictions 6 -1")
        return not inside(rows, _CHEAP).queued

    def _cheap_are_answered(self) -> bool:
        return not inside(self._rows("show stat predictions 6 -1"), _CHEAP).sent

    def queue(self) -> tuple[int, int]:
        """Return how many predictions wait for a place at TorchServe, and how many have got one so far."""
        rows = self._rows("show stat predictions 6 -1")
        waiting = next(row for row in rows if row["svname"] == "BACKEND")
        served = next(row for row in rows if row["svname"] == "torchserve")
        return int(waiting["qcur"]), int(served["stot"])

    def connections(self) -> int:
        """Return the number of connections."""
        lines = (line.partition(": ") for line in self.command("show info").splitlines())
        return int({name: value for name, _, value in lines}["CurrConns"])

    def give_memory_back(self) -> None:
        """Have HAProxy free what it keeps for later requests: SIGQUIT makes it list its pools and empty them."""
        os.kill(self.pid, signal.SIGQUIT)

    def set_queue_limit(self, waiting: int) -> None:
        """Refuse predictions at once while so many wait."""
        self._set_runtime(room=str(waiting))

    def serve(self, models: Iterable[Route]) -> None:
        """Hand on requests for these models from now on, and for no others."""
        for name, entries in routes.maps(models).items():
            self._fill(name, entries)

    def heavy(self, names: Mapping[str, str]) -> None:
        """Send expensive predictions of these models to other registrations: model -> the name to use."""
        self._fill(routes.HEAVY, names)

    def wanted(self) -> set[str]:
        """Return the explainers that requests wait for since the last call."""
        return set(self.command("show wanted").split())

    def asleep(self, explainers: Iterable[str]) -> None:
        """Let requests for these explainers wait until they are awake, and for no others."""
        self._fill(routes.ASLEEP, dict.fromkeys(explainers, "1"))

    def awake(self, explainer: str) -> None:
        """Let requests for an explainer go on."""
        _check_word(routes.ASLEEP, explainer)
        self.command(f"del map {self.maps / routes.ASLEEP} {explainer}")

    def meter(self) -> Meter:
        """Return the usage meter of this gateway."""
        return Meter(self)

    def quotas(self, limits: Mapping[str, str]) -> None:
        """Let clients have so many requests in all: client -> day;month, as ``usage.Account.limits`` has it."""
        self._replace(self.maps / routes.QUOTAS, limits)

    def canary(self, model: str, version: str, percent: float) -> None:
        """Send this share of a model's predictions that name no version to a version. Raises ValueError."""
        if not 0 <= percent <= 100:
            raise ValueError(f"a canary's share is 0 to 100 percent, not {percent}")
        self._set_runtime(canary=f"/predictions/{model}/{version}")
        self._fill(routes.SHARES, dict.fromkeys(routes.predictions(model), str(round(percent * 10))))

    def no_canary(self) -> None:
        self._fill(routes.SHARES, {})

    def refresh(self) -> None:
        """Take the clients as they are in the file now, all at once. Raises ValueError if it cannot be read.

        Of several who do so at the same time, the last to read the file must be the last that HAProxy hears: else a
        new key stays unknown, and a revoked one good.
        """
        path = self.clients
        with clients.locked(path):
            registered = clients.read(path)
            self._fill(clients.ALLOWED, clients.allowed(registered))  # first: a new key finds its models
            self._replace(path, {digest: client.entry for digest, client in registered.items()})

    def _replace(self, path: Path, entries: Mapping[str, str]) -> None:
        """Let a map have these entries, all at once."""
        version = self.command(f"prepare map {path}").rpartition(" ")[2].strip()
        for key, value in entries.items():
            self.command(f"add map @{version} {path} {key} {value.replace(';', chr(92) + ';')}")
        self.command(f"commit map @{version} {path}")

    def _rows(self, command: str) -> list[dict[str, str]]:
        return list(csv.DictReader(filter(None, self.command(command).splitlines())))

    def _fill(self, name: str, entries: Mapping[str, str]) -> None:
        """Let a map of ``routes`` have these entries. Raises ValueError for what would be two commands."""
        for word in (*entries, *entries.values()):
            _check_word(name, word)
        self._replace(self.maps / name, entries)

    def _set_runtime(self, **lines: str) -> None:
        """Set lines of the runtime map. Raises ValueError for a value that would be two commands."""
        for name, value in lines.items():
            _check_word(name, value)
        if answer := self.command("; ".join(starmap(self._setting, lines.items()))).strip():
            raise GatewayError(f"HAProxy on {', '.join(lines)}: {answer}")

    def _setting(self, name: str, value: str) -> str:
        return f"set map {self.runtime_map} {name} {value}"

    @property
    def runtime_map(self) -> Path:
        return self.socket.with_name("runtime.map")

    @property
    def maps(self) -> Path:
        """The folder of the maps of ``routes``."""
        return self.socket.parent

    @property
    def pipe(self) -> Path:
        return self.socket.with_name("log")

    @property
    def log(self) -> Path:
        return haproxy.log_of(self.directory.parent)

    def command(self, text: str) -> str:
        """HAProxy's answer to a command at its runtime socket. Raises GatewayError if it cannot be asked."""
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(_ANSWER_SECONDS)
                connection.connect(str(self.socket))
                connection.sendall(f"{text}\n".encode())
                return b"".join(iter(lambda: connection.recv(65536), b"")).decode()
        except OSError as error:
            raise GatewayError(f"the gateway cannot be told {text.split(maxsplit=1)[0]}: {error}") from error


def clients_file(directory: Path) -> Path:
    """The file of clients of a run folder: where the gateway that was started there has it, or will have it."""
    running = find(directory)
    return running.clients if running else directory / FOLDER / CLIENTS


def _check_word(name: str, text: str) -> None:
    if not _WORD.fullmatch(text):
        raise ValueError(f"{name} is one word, not {text!r}")


def find(directory: Path) -> Gateway | None:
    """The gateway that was started for this run folder, running or not; None if it was stopped. Raises StateError."""
    remedy = "end the HAProxy of this node, if it runs, and remove the file"
    return state.read(directory / FOLDER / STATE, state.fields(Gateway), remedy)


def find_running(directory: Path) -> Gateway | None:
    """The gateway that runs for this run folder. Raises StateError."""
    front = find(directory)
    return front if front and front.running else None
