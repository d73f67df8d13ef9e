"""Running HAProxy before a node: commands at its runtime socket, and its soft stop."""

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
from serving.gateway.routes import Route
from serving.state import StateFile
from serving.waiting import within

CLIENTS = "clients.map"
_ANSWER_SECONDS = 10.0
_EXPENSIVE_SECONDS = 0.5  # slow clients may take much longer to send a body
_QUEUE_SECONDS = 0.5  # longest wait of a prediction in haproxy.cfg
_READ_SECONDS = 0.1  # only slow models or a busy machine need longer
_RENEWAL_POLL_SECONDS = 0.002
_STOP_SECONDS = 35.0  # haproxy.cfg closes all connections after 30 s
_WORD = re.compile(r"[A-Za-z0-9._=+/:-]{1,256}")
# Backends and servers of haproxy.cfg for cheap requests, for expensive ones, and for long bodies.
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
    """Numbers of requests that have passed the gateway's rules: in a queue, or sent to a server."""

    queued: int
    sent: int


def inside(rows: Iterable[Mapping[str, str]], servers: Collection[tuple[str, str]]) -> Inside:
    """Return the numbers of requests that wait for these servers, and that were sent to them.

    rows  of HAProxy's ``show stat``. It counts a request for a backend before all rules, but for a server only after
          them.
    """
    own = [row for row in rows if (row["# pxname"], row["svname"]) in servers]
    sent = sum(int(row["scur"]) for row in own if row["svname"] != "BACKEND")
    return Inside(sum(int(row["qcur"] or 0) for row in own), sent)


@dataclass(frozen=True)
class Gateway:
    """Running gateway: its folder, the file of its clients, its URL, its process id and runtime socket.

    content  sha256 of its settings and files
    """

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
        """Return the path of the self-signed certificate; the file is missing if another one is configured."""
        return self.directory / "certificate.pem"

    @property
    def answers(self) -> bool:
        """Return whether the gateway answers commands."""
        try:
            return bool(self.command("show info"))
        except GatewayError:
            return False

    def stop(self) -> None:
        """Accept no new connections, answer the accepted requests within a time limit, and end."""
        processes.end(self.pid, signal.SIGUSR1, _STOP_SECONDS, lambda: self.running)
        shutil.rmtree(self.socket.parent, ignore_errors=True)
        STATE.remove(self.directory.parent)

    def set_backend_token(self, value: str) -> None:
        """Send requests to TorchServe with this key from now on, and end the pause."""
        self._set_runtime(token=value, held="none")

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Hold new requests while the block runs. It begins once earlier requests are sent to TorchServe.

        Only an answer proves that a request was sent. The wait for answers is short, because cheap requests must not
        wait for expensive ones.
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
        """Return whether no expensive request waits for a server, and no long body is being received."""
        rows = self._rows("show stat")
        bodies = inside(rows, _BODIES)
        return not (bodies.queued or bodies.sent or inside(rows, _EXPENSIVE).queued)

    def _cheap_are_sent(self) -> bool:
        """Hold all new requests; return whether no cheap one waits for a server. One message for both saves time."""
        rows = self._rows(f"{self._setting('held', 'all')}; show stat predictions 6 -1")
        return not inside(rows, _CHEAP).queued

    def _cheap_are_answered(self) -> bool:
        return not inside(self._rows("show stat predictions 6 -1"), _CHEAP).sent

    def queue(self) -> tuple[int, int]:
        """Return the number of predictions that wait for TorchServe, and the number that were sent to it so far."""
        rows = self._rows("show stat predictions 6 -1")
        waiting = next(row for row in rows if row["svname"] == "BACKEND")
        served = next(row for row in rows if row["svname"] == "torchserve")
        return int(waiting["qcur"]), int(served["stot"])

    def connections(self) -> int:
        """Return the number of open connections."""
        lines = (line.partition(": ") for line in self.command("show info").splitlines())
        return int({name: value for name, _, value in lines}["CurrConns"])

    def give_memory_back(self) -> None:
        """Free the memory that HAProxy keeps for later requests: SIGQUIT lists and empties its pools."""
        os.kill(self.pid, signal.SIGQUIT)

    def set_queue_limit(self, waiting: int) -> None:
        """Refuse further predictions while this number of them waits."""
        self._set_runtime(room=str(waiting))

    def serve(self, models: Iterable[Route]) -> None:
        """Forward requests for these models from now on, and for no others."""
        for name, entries in routes.maps(models).items():
            self._fill(name, entries)

    def heavy(self, names: Mapping[str, str]) -> None:
        """Send expensive predictions of these models to other registrations: model -> registered name."""
        self._fill(routes.HEAVY, names)

    def wanted(self) -> set[str]:
        """Return the explainers for which requests have waited since the last call."""
        return set(self.command("show wanted").split())

    def asleep(self, explainers: Iterable[str]) -> None:
        """Hold requests for these explainers, and for no others, until ``awake`` releases them."""
        self._fill(routes.ASLEEP, dict.fromkeys(explainers, "1"))

    def awake(self, explainer: str) -> None:
        """Release the requests for an explainer."""
        _check_word(routes.ASLEEP, explainer)
        self.command(f"del map {self.maps / routes.ASLEEP} {explainer}")

    def quotas(self, limits: Mapping[str, str]) -> None:
        """Set the quotas of clients: client -> day;month, as returned by ``usage.Account.limits``."""
        self._replace(self.maps / routes.QUOTAS, limits)

    def canary(self, model: str, version: str, percent: float) -> None:
        """Send this share of a model's predictions without a version to one version. Raises ValueError."""
        if not 0 <= percent <= 100:
            raise ValueError(f"a canary's share is 0 to 100 percent, not {percent}")
        self._set_runtime(canary=f"/predictions/{model}/{version}")
        self._fill(routes.SHARES, dict.fromkeys(routes.predictions(model), str(round(percent * 10))))

    def no_canary(self) -> None:
        self._fill(routes.SHARES, {})

    def refresh(self) -> None:
        """Load the clients from the file, all at once. Raises ValueError if the file cannot be read.

        The lock keeps the order of concurrent calls: an older reading must not replace a newer one in HAProxy, because
        a new key would stay unknown, and a revoked key valid.
        """
        path = self.clients
        with clients.locked(path):
            registered = clients.read(path)
            self._fill(clients.ALLOWED, clients.allowed(registered))  # first, so that new keys find their models
            self._replace(path, {digest: client.entry for digest, client in registered.items()})

    def _replace(self, path: Path, entries: Mapping[str, str]) -> None:
        """Replace all entries of a map in one transaction."""
        version = self.command(f"prepare map {path}").rpartition(" ")[2].strip()
        for key, value in entries.items():
            self.command(f"add map @{version} {path} {key} {value.replace(';', chr(92) + ';')}")
        self.command(f"commit map @{version} {path}")

    def _rows(self, command: str) -> list[dict[str, str]]:
        return list(csv.DictReader(filter(None, self.command(command).splitlines())))

    def _fill(self, name: str, entries: Mapping[str, str]) -> None:
        """Replace all entries of a map of ``routes``. Raises ValueError for a word that could inject a command."""
        for word in (*entries, *entries.values()):
            _check_word(name, word)
        self._replace(self.maps / name, entries)

    def _set_runtime(self, **lines: str) -> None:
        """Set lines of the runtime map. Raises ValueError for a value that could inject a command."""
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
        """Return the folder of the maps of ``routes``."""
        return self.socket.parent

    @property
    def pipe(self) -> Path:
        return self.socket.with_name("log")

    @property
    def log(self) -> Path:
        return haproxy.log_of(self.directory.parent)

    def command(self, text: str) -> str:
        """Send a command to the runtime socket; return HAProxy's answer. Raises GatewayError without a connection."""
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(_ANSWER_SECONDS)
                connection.connect(str(self.socket))
                connection.sendall(f"{text}\n".encode())
                return b"".join(iter(lambda: connection.recv(65536), b"")).decode()
        except OSError as error:
            raise GatewayError(f"the gateway did not accept {text.split(maxsplit=1)[0]}: {error}") from error


_REMEDY = "end the HAProxy of this node, if it runs, and remove the file"
STATE = StateFile(f"{FOLDER}/state.json", state.fields(Gateway), _REMEDY)


def clients_file(directory: Path) -> Path:
    """Return the file of clients of a run folder: that of its gateway, or the default path."""
    running = find(directory)
    return running.clients if running else directory / FOLDER / CLIENTS


def _check_word(name: str, text: str) -> None:
    if not _WORD.fullmatch(text):
        raise ValueError(f"{name} is one word, not {text!r}")


def find(directory: Path) -> Gateway | None:
    """Return the gateway that was started for this run folder, running or not; None if stopped. Raises StateError."""
    return STATE.read(directory)


def find_running(directory: Path) -> Gateway | None:
    """Return the gateway that runs for this run folder, or None. Raises StateError."""
    front = find(directory)
    return front if front and front.running else None
