"""Cost of the gateway, for docs/gateway.md#cost: TorchServe is called directly and through the gateway in turn.

Load generator, gateway, JVM and worker share busy cores, so the time of the gateway is missing elsewhere. A part of it
is saved, because the gateway removes headers that no handler reads and that TorchServe would pass on.

Two JVMs of one build are not equally fast, because their compilers see different calls first. So all servers are
restarted a few times, with some rounds for each start.
"""

import argparse
import csv
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks import bodies, h2load, haproxy, load, machine, ours, processor
from benchmarks.contender import Dialect, Endpoint
from benchmarks.gateway_report import CLIENTS, report
from benchmarks.load import Load
from benchmarks.ours import DigitsServer, RunningDigits
from benchmarks.results import publish
from serving.gateway import launch
from serving.gateway.gateway import Gateway
from serving.gateway.routes import Route
from serving.gateway.settings import Settings
from serving.node import endpoint
from serving.paths import ROOT, archive
from serving.torchserve import ports, properties, server

_WARM_UP, _WARM_AGAIN = 10.0, 3.0
_SECONDS = 2.0  # of a round: compared rounds must be close in time, because the machine is not steady

# Headers of clients beside the content type and the key.
_BARE: dict[str, str] = {}
_LIBRARY = {
    "User-Agent": "python-requests/2.32.3",
    "Accept-Encoding": "gzip, deflate",
    "Accept": "*/*",
}
_BROWSER = {
    "sec-ch-ua-platform": '"Linux"',
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari/537.36",
    "Accept": "application/json, text/plain, */*",
    "sec-ch-ua": '"Chromium";v="131", "Not_A Brand";v="24"',
    "sec-ch-ua-mobile": "?0",
    "Origin": "https://digits.example",
    "Sec-Fetch-Site": "same-origin",
    "Sec-Fetch-Mode": "cors",
    "Sec-Fetch-Dest": "empty",
    "Referer": "https://digits.example/draw",
    "Accept-Encoding": "gzip, deflate, br, zstd",
    "Accept-Language": "en-GB,en;q=0.9,de;q=0.8",
    "Cookie": "session=1c0bd0ab6d7c4f2f9d1f6d1f8a8a2f43; theme=dark",
}
_HEADERS = {"bare": _BARE, "library": _LIBRARY, "browser": _BROWSER}


def _wrk(checked: Load, clients: int, seconds: float) -> int:
    """Return the number of answers. Raises LoadToolError for a wrong answer."""
    return load.measure_right(checked, clients, seconds).requests


class MeasuredRoute(NamedTuple):
    """Endpoint and load generator of a measurement."""

    endpoint: Endpoint
    ask: Callable[[Load, int, float], int] = _wrk


class Setup(NamedTuple):
    """Running servers of a measurement, as process id -> part, and the routes to them by name."""

    ways: Mapping[str, MeasuredRoute]
    pids: Mapping[int, str]


@contextmanager
def stand(directory: Path) -> Iterator[Setup]:
    """Start TorchServe without TLS, with TLS, and with a socket behind two gateways.

    A HAProxy without rules is before the first. There is no supervisor, because its checks cost every route the same.
    """
    with ExitStack() as stack:
        clear = stack.enter_context(DigitsServer().running(directory / "clear"))
        secure = stack.enter_context(DigitsServer(overrides=_tls(directory)).running(directory / "secure"))
        behind_gateway = stack.enter_context(DigitsServer(behind_gateway=True).running(directory / "behind_gateway"))
        gates = [stack.enter_context(gate(directory, scheme, behind_gateway)) for scheme in ("http", "https")]
        key = ours.load_key(gates[0])
        gates[1].refresh()  # both gateways read one file of clients
        direct, direct_tls = clear.endpoint(Dialect.RAW), secure.endpoint(Dialect.RAW)
        headers = {**direct.headers, "Authorization": f"Bearer {key}"}
        path = direct.url.removeprefix(clear.server.inference)
        plain, tls = (Endpoint(gate.url + path, headers, gate.certificate) for gate in gates)
        bare = stack.enter_context(haproxy.passing(directory / "bare", clear.server.inference))
        ways = {
            "direct": MeasuredRoute(direct),
            "bare HAProxy": MeasuredRoute(Endpoint(bare.url + path, direct.headers)),
            "gateway": MeasuredRoute(Endpoint(plain.url, headers)),
            "direct, TLS": MeasuredRoute(replace(direct_tls, certificate=directory / "torchserve.pem")),
            "gateway, TLS": MeasuredRoute(tls),
        }
        if h2load.is_installed():
            ways["gateway, TLS, HTTP/2"] = MeasuredRoute(tls, h2load.measure)
        pids = {
            **clear.pids(),
            **secure.pids(),
            **behind_gateway.pids(),
            bare.pid: "gateway",
            **{gate.pid: "gateway" for gate in gates},
        }
        yield Setup(ways, pids)


def _tls(directory: Path) -> dict[str, str]:
    """Return the settings of TorchServe for its own TLS. It reads only RSA keys."""
    directory.mkdir(parents=True, exist_ok=True)
    key, certificate = directory / "torchserve.key", directory / "torchserve.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    files = {"private_key_file": str(key), "certificate_file": str(certificate)}
    return {"inference_address": f"https://127.0.0.1:{ports.free(1)[0]}"} | files


@contextmanager
def gate(directory: Path, scheme: str, running: RunningDigits, **changed: str) -> Iterator[Gateway]:
    """Run a gateway in DIRECTORY/SCHEME before a server, with changed settings."""
    health, direct, front, metrics = (f"127.0.0.1:{port}" for port in ports.free(4))
    settings = properties.read() | {
        "gateway_address": f"{scheme}://{front}",
        "gateway_metrics_address": f"http://{metrics}",
        "gateway_clients": str(directory / "clients.map"),
        "health_address": f"http://{health}",
        "inference_address": f"http://{direct}",
        **changed,
    }
    socket = directory / scheme / Path(server.SOCKET).name
    socket.parent.mkdir(parents=True, exist_ok=True)
    socket.unlink(missing_ok=True)
    socket.symlink_to(running.server.directory.resolve() / socket.name)
    good = dict.fromkeys(("/livez", "/readyz", "/workers"), lambda: endpoint.json_answer(200, {}))
    models = [Route.of(running.server.name, archive(running.server.name))]
    with endpoint.HealthEndpoint(settings["health_address"], good):
        started = launch.start(directory / scheme, Settings.of(settings, behind_gateway=True), models)
        try:
            started.set_backend_token(running.key["Authorization"].removeprefix("Bearer "))
            yield started
        finally:
            started.stop()


def refusals(front: Gateway) -> int:
    """Return the number of answers with status 400 or more to predictions so far, as counted by the gateway."""
    rows = csv.DictReader(front.command("show stat predictions 2 -1").strip().splitlines())
    return sum(int(row["hrsp_4xx"]) + int(row["hrsp_5xx"]) for row in rows)


def measure(starts: int, rounds: int, directory: Path) -> dict[str, dict[str, list[dict[str, float]]]]:
    """Return, by kind of client and route, the answers per second and the microseconds per answer of each round."""
    results: dict[str, dict[str, list[dict[str, float]]]] = {kind: {} for kind in _HEADERS}
    for start in range(starts):
        with stand(directory) as setup:
            for number, (kind, headers) in enumerate(_HEADERS.items()):
                loads = {name: _load(way.endpoint, headers) for name, way in setup.ways.items()}
                for name, way in setup.ways.items():
                    way.ask(loads[name], CLIENTS, _WARM_AGAIN if number else _WARM_UP)
                load.in_turn(results[kind], setup.ways, rounds, partial(_round, setup, loads))
                last = {name: load.medians(rows[-rounds:]) for name, rows in results[kind].items()}
                rates = {name: round(figures["rate"]) for name, figures in last.items()}
                print(f"start {start + 1} of {starts}, {kind} clients, answers/s: {rates}", flush=True)
    return results


def _load(endpoint: Endpoint, headers: Mapping[str, str]) -> Load:
    return bodies.checked(replace(endpoint, headers={**endpoint.headers, **headers}), Dialect.RAW)


def _round(setup: Setup, loads: Mapping[str, Load], name: str) -> dict[str, float]:
    before = processor.spent(setup.pids)
    count = setup.ways[name].ask(loads[name], CLIENTS, _SECONDS)
    return {"rate": count / _SECONDS, **processor.per_answer(before, processor.spent(setup.pids), count)}


def main(args: argparse.Namespace) -> None:
    results: dict[str, Any] = {"machine": machine.describe(), "versions": machine.versions()}
    results["starts"] = args.starts
    results["rounds"] = measure(args.starts, args.rounds, ROOT / ".bench" / "gateway")
    publish(args.docs, "gateway-cost.json", results, "gateway.md#cost", report(results))
