"""HTTP limit: HAProxy reads the same request and sends a static answer."""

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import orjson
import psutil

from benchmarks import bodies
from benchmarks.contender import Contender, Dialect, Endpoint, Role
from benchmarks.machine import program_version
from serving import paths
from serving.errors import UserError
from serving.gateway.haproxy import find
from serving.torchserve import ports
from serving.waiting import within

_EXAMPLE = paths.ROOT / "tests" / "assets" / "contract" / "raw-one.response.json"
_READY_SECONDS = 10.0
_SETTINGS = """\
global
    nbthread {threads}
    maxconn 1024
defaults
    mode http
    timeout connect 5s
    timeout client 60s
    timeout server 60s
frontend front
    bind 127.0.0.1:{port}
"""
_STATIC = """\
    option http-buffer-request
    http-request return status 200 content-type application/json file {answer}
"""
_PASSING = """\
    default_backend behind
backend behind
    http-reuse always
    server one {address}
"""


class HAProxyError(UserError):
    """Error: HAProxy did not start."""


@dataclass(frozen=True)
class RunningHAProxy:
    url: str
    pid: int

    def endpoint(self, _: Dialect) -> Endpoint:
        return Endpoint(self.url, {"Content-Type": "application/octet-stream"})

    def pids(self) -> Mapping[int, str]:
        return {self.pid: "server"}


@dataclass(frozen=True)
class HAProxy(Contender):
    """HAProxy that sends a static answer with ``threads`` threads."""

    threads: int

    def versions(self) -> Mapping[str, str]:
        return {"haproxy": program_version("haproxy", "-v")}

    @contextmanager
    def running(self, directory: Path) -> Iterator[RunningHAProxy]:
        directory.mkdir(parents=True, exist_ok=True)
        file = (directory / "answer.json").absolute()
        file.write_bytes(answer())
        with _started(directory, self.threads, _STATIC.format(answer=file)) as running:
            yield running


@contextmanager
def passing(directory: Path, behind: str) -> Iterator[RunningHAProxy]:
    """Run a HAProxy that passes requests unchanged to ``behind``, http://host:port, to measure the cost of a hop."""
    with _started(directory, 1, _PASSING.format(address=behind.removeprefix("http://"))) as running:
        yield running


@contextmanager
def _started(directory: Path, threads: int, rules: str) -> Iterator[RunningHAProxy]:
    directory.mkdir(parents=True, exist_ok=True)
    (port,) = ports.free(1)
    url = f"http://127.0.0.1:{port}"
    (directory / "haproxy.cfg").write_text(_SETTINGS.format(threads=threads, port=port) + rules)
    command = [find() or "haproxy", "-db", "-f", str(directory / "haproxy.cfg")]
    with (directory / "haproxy.log").open("w") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            _await(url, process, directory / "haproxy.log")
            yield RunningHAProxy(url, process.pid)
        finally:
            process.terminate()


def static(threads: int) -> HAProxy:
    settings = f"{threads} thread{'s' if threads > 1 else ''}"
    title = f"HAProxy, static answer, {settings}"
    return HAProxy(f"haproxy-{threads}", title, settings, Role.LIMIT, {Dialect.RAW: ""}, threads)


def contenders() -> list[HAProxy]:
    """Return a contender for each number of threads, from one to the number of cores."""
    return list(map(static, range(1, (psutil.cpu_count() or 1) + 1)))


def answer() -> bytes:
    """Return the answer of this service to the first sample: the example of the contract with other figures."""
    probabilities = bodies.samples().probabilities[0]
    figures = {"digit": bodies.DIGIT, "confidence": probabilities[bodies.DIGIT], "accepted": True}
    example = orjson.loads(_EXAMPLE.read_bytes())
    return orjson.dumps(example | figures | {"probabilities": probabilities}, option=orjson.OPT_SERIALIZE_NUMPY)


def _await(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    def answers() -> bool:
        try:
            return bool(httpx.post(url, content=b"0", trust_env=False).status_code)
        except httpx.TransportError:
            return False

    if not within(_READY_SECONDS, lambda: process.poll() is not None or answers()) or process.poll() is not None:
        raise HAProxyError(f"HAProxy did not start: {log.read_text()[-500:]}")
