"""The HAProxy before a node, from start to soft stop, and what it is told while it runs."""

import csv
import hashlib
import os
import re
import shutil
import signal
import socket
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from itertools import starmap
from pathlib import Path
from typing import NamedTuple, Self

import psutil

from inference import files
from serving import state
from serving.gateway import capacity, certificate, clients, haproxy
from serving.gateway.haproxy import GatewayError
from serving.paths import NAME, ROOT
from serving.torchserve import properties, server
from serving.torchserve.properties import SettingsError
from serving.waiting import within

_CONFIG = ROOT / "deploy" / "gateway" / "haproxy.cfg"
_LUA = ROOT / "deploy" / "gateway"
_PAGE = ROOT / "deploy" / "gateway" / "page.html"
# HAProxy 2.6 gives its 16 KiB buffers back to glibc and asks for others with every request; glibc keeps such sizes
# ready only if it is told so.
_MALLOC = "glibc.malloc.tcache_max=65536:glibc.malloc.tcache_count=256:glibc.malloc.trim_threshold=67108864"
_FOLDER, _STATE, _CLIENTS = "gateway", "state.json", "clients.map"
_START_SECONDS = 10.0
_EXPENSIVE_SECONDS = 0.5  # bodies of slow clients may take much longer
_QUEUE_SECONDS = 0.5  # haproxy.cfg lets no prediction wait longer
_RENEWAL_POLL_SECONDS = 0.002
_STOP_SECONDS = 35.0  # haproxy.cfg closes by force what is still open after 30
_DOOR = f"held all\ntoken none\ncanary none\nshare 0\nroom {capacity.UNLIMITED}\nheavy {NAME}\n"
_RATE_SECONDS = 10  # over which haproxy.cfg counts an address's new connections
_WORD = re.compile(r"[A-Za-z0-9._=+/-]{1,256}")
# Servers of haproxy.cfg by their backends: those of cheap requests, of expensive ones, and of long bodies.
_CHEAP = {("predictions", "torchserve"), ("predictions", "BACKEND")}
_EXPENSIVE = {("predictions", "files"), ("predictions", "heavy"), ("explanations", "explainer")}
_BODIES = {("uploads", "uploads"), ("uploads", "heavy"), ("explained_uploads", "explainer")}


@dataclass(frozen=True)
class Settings:
    """How a gateway stands in its place: config.properties has each with its reason.

    bind                host:port that clients connect to
    tls                 whether they speak TLS with it, or something before it does
    certificate         PEM file with chain and key; None for a self-signed one
    clients             the map file of the clients (``clients.py``); None for one in the run folder
    metrics             host:port of HAProxy's own counters
    inference, health   host:port of TorchServe's inference API and of the supervisor's endpoint
    fronted             whether TorchServe hears at a socket, and the gateway at inference in its stead
    patience            milliseconds
    log                 ``errors`` or ``all``
    playground          host:port of the page to publish; empty for none
    hosts               names under which clients reach the page
    source_*            limits of one address: connections at once, new ones per second, failed authentications in 10 s
    body_seconds        time limit of a body that does not fit into a buffer, and of its answer
    memory              MiB of address space
    """

    bind: str
    tls: bool
    certificate: Path | None
    clients: Path | None
    metrics: str
    inference: str
    fronted: bool
    health: str
    patience: int
    log: str
    playground: str
    hosts: tuple[str, ...]
    source_connections: int
    source_connection_rate: int
    source_failures: int
    body_seconds: int
    memory: int
    threads: int

    @classmethod
    def of(cls, settings: Mapping[str, str], fronted: bool = False) -> Self:
        """What config.properties says. Raises SettingsError if it does not."""
        try:
            return cls._of(settings, fronted)
        except KeyError as error:
            raise SettingsError(f"config.properties has no {error.args[0]}: add it") from error

    @classmethod
    def _of(cls, settings: Mapping[str, str], fronted: bool) -> Self:
        scheme, _, bind = settings["gateway_address"].partition("://")
        certificate, callers = settings["gateway_certificate"], settings["gateway_clients"]
        if scheme not in ("https", "http"):
            raise SettingsError(f"gateway_address begins with https:// or http://, not {scheme}")
        return cls(
            bind=bind,
            tls=scheme == "https",
            certificate=Path(certificate).resolve() if certificate else None,
            clients=Path(callers).resolve() if callers else None,
            metrics=settings["gateway_metrics_address"].removeprefix("http://"),
            inference=settings["inference_address"].removeprefix("http://"),
            fronted=fronted,
            health=settings["health_address"].removeprefix("http://"),
            patience=properties.number(settings, "gateway_patience"),
            log=settings["gateway_log"],
            playground=settings["gateway_playground"].removeprefix("http://"),
            hosts=tuple(settings["gateway_hosts"].replace(",", " ").split()),
            source_connections=properties.number(settings, "gateway_source_connections"),
            source_connection_rate=properties.number(settings, "gateway_source_connection_rate"),
            source_failures=properties.number(settings, "gateway_source_failures"),
            body_seconds=properties.number(settings, "gateway_body_seconds"),
            memory=properties.number(settings, "gateway_memory"),
            threads=properties.number(settings, "gateway_threads"),
        )


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
        try:
            process = psutil.Process(self.pid)
            return process.name() == "haproxy" and process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False

    @property
    def certificate(self) -> Path:
        """The certificate that it made itself, for clients to trust; missing if it was given another."""
        return self.directory / "certificate.pem"

    @property
    def answers(self) -> bool:
        """Whether it can be told something."""
        try:
            return bool(self.command("show info"))
        except GatewayError:
            return False

    def stop(self) -> None:
        """Take no new connections, finish every request that was accepted, within a bound, and end."""
        if self.running:
            os.kill(self.pid, signal.SIGUSR1)
            if not within(_STOP_SECONDS, lambda: not self.running):
                os.kill(self.pid, signal.SIGKILL)
        shutil.rmtree(self.socket.parent, ignore_errors=True)
        (self.directory / _STATE).unlink(missing_ok=True)

    def token(self, value: str) -> None:
        """Send requests to TorchServe with this key from now on; the first opens the door."""
        self._tell(token=value, held="none")

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold new requests for the length of the block, once those that went in before are sent to TorchServe.

        TorchServe looks at a request's key when it has read the request, and reads what came first before it changes
        the key. So nothing waits for answers, and cheap requests do not wait for expensive ones.
        """
        try:
            self._tell(held="expensive")
            within(_EXPENSIVE_SECONDS, self._expensive_are_sent)
            within(_QUEUE_SECONDS, self._cheap_are_sent, _RENEWAL_POLL_SECONDS)
            yield
        finally:
            self._tell(held="none")

    def _expensive_are_sent(self) -> bool:
        """Return whether no expensive request waits for a place, and no long body is on its way."""
        rows = self._rows("show stat")
        bodies = inside(rows, _BODIES)
        return not (bodies.queued or bodies.sent or inside(rows, _EXPENSIVE).queued)

    def _cheap_are_sent(self) -> bool:
        """Hold all new requests; return whether no cheap one waits for a place. One message, for others wait for it."""
        rows = self._rows(f"{self._setting('held', 'all')}; show stat predictions 6 -1")
        return not inside(rows, _CHEAP).queued

    def queue(self) -> tuple[int, int]:
        """How many predictions wait for a place at TorchServe, and how many have got one so far."""
        rows = self._rows("show stat predictions 6 -1")
        waiting = next(row for row in rows if row["svname"] == "BACKEND")
        served = next(row for row in rows if row["svname"] == "torchserve")
        return int(waiting["qcur"]), int(served["stot"])

    def connections(self) -> int:
        """How many connections there are."""
        lines = (line.partition(": ") for line in self.command("show info").splitlines())
        return int({name: value for name, _, value in lines}["CurrConns"])

    def give_memory_back(self) -> None:
        """Have HAProxy free what it keeps for later requests: SIGQUIT makes it list its pools and empty them."""
        os.kill(self.pid, signal.SIGQUIT)

    def room(self, waiting: int) -> None:
        """Refuse predictions at once while so many wait."""
        self._tell(room=str(waiting))

    def heavy(self, model: str) -> None:
        """Send expensive predictions to the model registered under this name."""
        self._tell(heavy=model)

    def canary(self, version: str, percent: float) -> None:
        """Send this share of the predictions that name no version to a version. Raises ValueError."""
        if not 0 <= percent <= 100:
            raise ValueError(f"a canary's share is 0 to 100 percent, not {percent}")
        self._tell(canary=version)
        self._tell(share=str(round(percent * 10)))

    def no_canary(self) -> None:
        self._tell(share="0")

    def refresh(self) -> None:
        """Take the clients as they are in the file now, all at once. Raises ValueError if it cannot be read.

        Of several who do so at the same time, the last to read the file must be the last that HAProxy hears: else a
        new key stays unknown, and a revoked one good.
        """
        path = self.clients
        with clients.locked(path):
            found = clients.read(path)
            version = self.command(f"prepare map {path}").rpartition(" ")[2].strip()
            for digest, client in found.items():
                self.command(f"add map @{version} {path} {digest} {client.entry.replace(';', chr(92) + ';')}")
            self.command(f"commit map @{version} {path}")

    def _rows(self, command: str) -> list[dict[str, str]]:
        return list(csv.DictReader(filter(None, self.command(command).splitlines())))

    def _tell(self, **lines: str) -> None:
        """Set lines of the map that haproxy.cfg calls the door. Raises ValueError for what would be two commands."""
        for name, value in lines.items():
            if not _WORD.fullmatch(value):
                raise ValueError(f"{name} is one word, not {value!r}")
        if answer := self.command("; ".join(starmap(self._setting, lines.items()))).strip():
            raise GatewayError(f"HAProxy on {', '.join(lines)}: {answer}")

    def _setting(self, name: str, value: str) -> str:
        return f"set map {self._door} {name} {value}"

    @property
    def _door(self) -> Path:
        return self.socket.with_name("door.map")

    @property
    def _pipe(self) -> Path:
        return self.socket.with_name("log")

    @property
    def _log(self) -> Path:
        return haproxy.log_of(self.directory.parent)

    def command(self, text: str) -> str:
        """HAProxy's answer to a command at its runtime socket. Raises GatewayError if it cannot be asked."""
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(_START_SECONDS)
                connection.connect(str(self.socket))
                connection.sendall(f"{text}\n".encode())
                return b"".join(iter(lambda: connection.recv(65536), b"")).decode()
        except OSError as error:
            raise GatewayError(f"the gateway cannot be told {text.split(maxsplit=1)[0]}: {error}") from error


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


def start(directory: Path, settings: Settings) -> Gateway:
    """Start a gateway for the node in a run folder. It lets nobody in before it has TorchServe's key.

    Raises GatewayError, with HAProxy's own words, if it does not start.
    """
    folder = directory.resolve() / _FOLDER
    files.make_folder(folder, files.PRIVATE_FOLDER)
    folder.chmod(files.PRIVATE_FOLDER)  # one from before may have another mode
    callers = settings.clients or folder / _CLIENTS
    url = f"{'https' if settings.tls else 'http'}://{_reachable(settings.bind)}"
    try:
        clients.upgrade(callers)
    except (ValueError, OSError) as error:
        raise GatewayError(f"{callers} cannot be used: {error}") from error
    settings = _certified(folder, settings)
    scratch = Path(tempfile.mkdtemp(prefix="digits-gateway-"))  # short, for a socket's path may have 108 bytes
    try:
        return _launch(Gateway(folder, callers, url, 0, scratch / "socket", _content(settings)), settings)
    except BaseException:
        shutil.rmtree(scratch)
        raise


def resume(directory: Path, settings: Settings) -> Gateway | None:
    """Take over the gateway that runs for a run folder, with its connections, as if it had just been started.

    None if there is none, or one with other settings.
    """
    found = find(directory)
    if not (found and found.running and found.answers):
        return None
    if found.content != _content(_certified(found.directory, settings)):
        return None
    haproxy.keep(found._pipe, found._log, _CONFIG)
    found.room(capacity.UNLIMITED)
    found.heavy(NAME)
    return found


def _certified(folder: Path, settings: Settings) -> Settings:
    """The settings with a certificate, if they want one."""
    if not settings.tls or settings.certificate:
        return settings
    return replace(settings, certificate=certificate.self_signed(folder, settings.bind.rpartition(":")[0]))


def _content(settings: Settings) -> str:
    """The sha256 of the settings and of all files that HAProxy reads once."""
    sources = [_CONFIG, _PAGE, *sorted(_LUA.glob("*.lua")), *filter(None, [settings.certificate])]
    found = hashlib.sha256(repr(settings).encode())
    for path in sources:
        found.update(path.read_bytes() if path.exists() else b"")
    return found.hexdigest()


def clients_file(directory: Path) -> Path:
    """The file of clients of a run folder: where the gateway that was started there has it, or will have it."""
    found = find(directory)
    return found.clients if found else directory / _FOLDER / _CLIENTS


def find(directory: Path) -> Gateway | None:
    """The gateway that was started for this run folder, running or not; None if it was stopped. Raises StateError."""
    remedy = "end the HAProxy of this node, if it runs, and remove the file"
    return state.read(directory / _FOLDER / _STATE, state.fields(Gateway), remedy)


def _launch(gateway: Gateway, settings: Settings) -> Gateway:
    files.replace(gateway._door, _DOOR.encode(), files.PRIVATE)
    environment = _environment(gateway, settings)
    folder = gateway.directory.parent
    process = haproxy.run(_CONFIG, environment, folder, gateway._pipe, settings.memory)
    gateway = replace(gateway, pid=process.pid)
    if not within(_START_SECONDS, lambda: process.poll() is not None or gateway.answers) or process.poll():
        process.kill()
        raise GatewayError(f"HAProxy did not start: {haproxy.last_words(gateway._log)}")
    content = {name: str(value) if isinstance(value, Path) else value for name, value in asdict(gateway).items()}
    files.replace_json(gateway.directory / _STATE, content, files.PRIVATE)
    return gateway


def _environment(gateway: Gateway, settings: Settings) -> dict[str, str]:
    health, _, port = settings.health.rpartition(":")
    return {
        "GATEWAY_BIND": settings.bind,
        **({"GATEWAY_CERTIFICATE": str(settings.certificate)} if settings.tls else {}),
        "GATEWAY_CLIENTS": str(gateway.clients),
        "GATEWAY_DOOR": str(gateway._door),
        "GATEWAY_SOCKET": str(gateway.socket),
        "GATEWAY_LUA": str(_LUA),
        "GATEWAY_PAGE": str(_PAGE),
        **({"GATEWAY_PLAYGROUND": settings.playground} if settings.playground else {}),
        "GATEWAY_METRICS": settings.metrics,
        "GATEWAY_PATIENCE": str(settings.patience),
        "GATEWAY_LOGGED": settings.log,
        "GATEWAY_HOSTS": " ".join(("localhost", "127.0.0.1", *settings.hosts)),
        "GATEWAY_BODY_SECONDS": str(settings.body_seconds),
        "GATEWAY_SOURCE_CONNECTIONS": str(settings.source_connections),
        "GATEWAY_SOURCE_CONNECTION_RATE": str(settings.source_connection_rate * _RATE_SECONDS),
        "GATEWAY_SOURCE_FAILURES": str(settings.source_failures),
        "GATEWAY_THREADS": str(settings.threads),
        "INFERENCE": f"unix@{server.SOCKET}" if settings.fronted else settings.inference,
        **({"GATEWAY_DIRECT": settings.inference} if settings.fronted else {}),
        "HEALTH_ADDRESS": health,
        "HEALTH_PORT": port,
        "GLIBC_TUNABLES": _MALLOC,
    }


def _reachable(bind: str) -> str:
    """Where a client on this machine reaches what is bound to an address."""
    host, _, port = bind.rpartition(":")
    return f"{'127.0.0.1' if host in ('', '*', '0.0.0.0') else host}:{port}"  # noqa: S104 - it is looked at, not bound to
