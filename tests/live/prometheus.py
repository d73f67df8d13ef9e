"""A real Prometheus that scrapes a real node through a real HAProxy, all on free ports."""

import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx

from serving import paths
from serving.node.endpoint import Answer
from serving.torchserve import ports

from . import busy
from .conftest import until

PROMETHEUS, HAPROXY = shutil.which("prometheus"), shutil.which("haproxy", path="/usr/sbin:/usr/bin:/usr/local/bin")
DEPLOY = paths.ROOT / "deploy" / "prometheus"

# The parts of the gateway's configuration for metrics: its name, its request ids and its exporter.
_GATEWAY = """
defaults
    mode http
    timeout connect 1s
    timeout client 60s
    timeout server 60s
frontend gateway
    bind 127.0.0.1:{gateway}
    http-request set-header X-Request %[date(0,us)];%[uuid()]
    default_backend predictions
backend predictions
    server torchserve {inference}
frontend exporter
    bind 127.0.0.1:{exporter}
    http-request use-service prometheus-exporter if {{ path /metrics }}
"""


@dataclass(frozen=True)
class Prometheus:
    """Prometheus's HTTP API, and the address of the gateway that it scrapes."""

    http: httpx.Client
    gateway: str

    def get(self, path: str, **parameters: str) -> Any:
        response = self.http.get(path, params=parameters)
        assert response.status_code == 200, response.text
        return response.json()["data"]

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Return the present samples of an expression: labels under ``metric``, and ``value``."""
        return [
            {"metric": sample["metric"], "value": float(sample["value"][1])}
            for sample in self.get("/api/v1/query", query=expression)["result"]
        ]

    def value(self, expression: str) -> float:
        """Return the only sample of an expression. NaN if there is none."""
        samples = self.query(expression)
        assert len(samples) <= 1, samples
        return samples[0]["value"] if samples else float("nan")


@contextmanager
def watch(directory: Path, inference: str, page: Callable[[], Answer]) -> Iterator[Prometheus]:
    """Run Prometheus with the rules and the configuration of deploy/, but with other ports and shorter intervals."""
    gateway, exporter, listening = ports.free(3)
    directory.mkdir()
    shutil.copy(DEPLOY / "rules.yml", directory)
    (directory / "haproxy.cfg").write_text(
        _GATEWAY.format(gateway=gateway, exporter=exporter, inference=inference.removeprefix("http://"))
    )
    assert PROMETHEUS
    assert HAPROXY
    with ExitStack() as stack:
        endpoint = stack.enter_context(_served(page))
        configured = (DEPLOY / "prometheus.yml").read_text()
        for old, new in (("8083", str(endpoint)), ("8404", str(exporter)), (": 10s", ": 1s"), (": 5s", ": 1s")):
            assert old in configured
            configured = configured.replace(old, new)
        (directory / "prometheus.yml").write_text(configured)
        stack.enter_context(_running(directory, [HAPROXY, "-f", "haproxy.cfg"]))
        address = f"127.0.0.1:{listening}"
        options = ["--config.file=prometheus.yml", "--storage.tsdb.path=data", f"--web.listen-address={address}"]
        stack.enter_context(_running(directory, [PROMETHEUS, *options]))
        http = stack.enter_context(httpx.Client(base_url=f"http://{address}", timeout=10, trust_env=False))
        until(lambda: _ready(http), 30)
        yield Prometheus(http, f"http://127.0.0.1:{gateway}")


def _ready(http: httpx.Client) -> bool:
    try:
        return http.get("/-/ready").is_success
    except httpx.TransportError:  # the server does not listen yet
        return False


@contextmanager
def _running(directory: Path, command: Sequence[str]) -> Iterator[None]:
    name = Path(command[0]).name
    with (directory / f"{name}.log").open("w") as log:
        process = subprocess.Popen(command, cwd=directory, stdout=log, stderr=log)
    try:
        yield
    finally:
        process.terminate()
        process.wait(10 * busy.PATIENCE)


@contextmanager
def _served(page: Callable[[], Answer]) -> Iterator[int]:
    """Serve the page at /metrics, as the supervisor does, and yield the port."""

    class Endpoint(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, kind, body = page() if self.path == "/metrics" else (404, "text/plain", b"")
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Endpoint) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
