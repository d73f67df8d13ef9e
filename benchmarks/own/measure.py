"""Every server with each model, at each number of clients, in rounds."""

import shutil
import statistics
import tempfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import orjson

from benchmarks import load, machine
from benchmarks.contender import Endpoint
from benchmarks.load import Load, Measurement
from benchmarks.own import models
from benchmarks.own.contenders import OwnModelServer, servers
from benchmarks.own.models import Case
from benchmarks.results import Content
from serving.errors import UserError
from serving.waiting import within

CLIENTS = (1, 8, 64)
_START_SECONDS, _POLL_SECONDS = 120.0, 0.1
_TOLERANCE = 1e-4  # of a probability


class OwnError(UserError):
    """A server that did not start, or answered wrongly."""


@dataclass(frozen=True)
class Lengths:
    """Number of times that each server is measured with each model, and for how long.

    seconds   of each measurement
    warm_up   seconds of load before the first
    patience  seconds to wait for an idle machine before a server is started
    """

    rounds: int
    seconds: float
    warm_up: float
    patience: float = 60.0


def run(lengths: Lengths) -> Content:
    """Measure all servers. Raises OwnError for one that does not answer as its model."""
    every = servers()
    for server in every:
        server.prepare()
    with tempfile.TemporaryDirectory(prefix="own-") as temporary:
        work = Path(temporary)
        cases = [models.table(work / "models" / "table"), models.image(work / "models" / "image")]
        taken: dict[tuple[str, str, int], list[Measurement]] = {}
        for number in range(lengths.rounds):
            turn = number * len(every) // lengths.rounds
            for case in cases:
                for server in every[turn:] + every[:turn]:
                    for clients, measured in _measured(server, case, work, lengths):
                        taken.setdefault((case.name, server.name, clients), []).append(measured)
                        print(
                            f"round {number + 1}: {case.name}, {server.name}, {clients}: {measured.rate:,.0f}/s",
                            flush=True,
                        )
    return {
        "machine": machine.describe(),
        **asdict(lengths),
        "cases": {case.name: case.title for case in cases},
        "servers": [
            {"name": item.name, "title": item.title, "settings": item.settings, "forms": item.forms,
             "versions": dict(item.versions())}
            for item in every
        ],
        "figures": [
            {"case": case, "server": server, "clients": clients, **_figures(measured)}
            for (case, server, clients), measured in taken.items()
        ],
    }  # fmt: skip


def _measured(server: OwnModelServer, case: Case, work: Path, lengths: Lengths) -> Iterable[tuple[int, Measurement]]:
    """A server with one model, started afresh: warmed up, then measured at each number of clients."""
    directory = work / "run" / server.name
    shutil.rmtree(directory, ignore_errors=True)
    machine.wait_idle(lengths.patience)
    with server.start(case, directory) as endpoint:
        bodies = case.bodies[server.forms[case.name]]
        marker = _checked(endpoint, case, bodies)
        sent = Load(endpoint, bodies, marker)
        load.measure(sent, CLIENTS[-1], lengths.warm_up)
        for clients in CLIENTS:
            measurement = load.measure(sent, clients, lengths.seconds)
            if measurement.failure:
                raise OwnError(f"{server.name}, {case.name}, {clients} clients: {measurement.failure}")
            yield clients, measurement


def _checked(endpoint: Endpoint, case: Case, bodies: Iterable[bytes]) -> str:
    """Wait for right answers to all requests, and return what a right one contains. Raises OwnError."""
    with httpx.Client(headers=dict(endpoint.headers), timeout=60, trust_env=False) as client:
        answers: list[bytes] = []

        def answers_now() -> bool:
            try:
                answers[:] = [client.post(endpoint.url, content=body).raise_for_status().content for body in bodies]
            except httpx.HTTPError:
                return False
            return True

        if not within(_START_SECONDS, answers_now, _POLL_SECONDS):
            raise OwnError(f"{endpoint.url} gave no answer in {_START_SECONDS:.0f} s")
    probabilities = np.array([orjson.loads(answer)["probabilities"] for answer in answers])
    if not np.allclose(probabilities, case.probabilities, rtol=0, atol=_TOLERANCE):
        raise OwnError(
            f"{endpoint.url}: probabilities differ by {np.abs(probabilities - case.probabilities).max():.2g}"
        )
    for marker in (f'"label":"{case.label}"', f'"label": "{case.label}"'):
        if all(marker.encode() in answer for answer in answers):
            return marker
    raise OwnError(f"{endpoint.url}: no plain text tells a right answer: {answers[0][:200]!r}")


def _figures(measurements: list[Measurement]) -> dict[str, Any]:
    rates = [measurement.rate for measurement in measurements]
    return {
        "rate": statistics.median(rates),
        "low": min(rates),
        "high": max(rates),
        "p50": statistics.median(measurement.p50 for measurement in measurements),
        "p99": statistics.median(measurement.p99 for measurement in measurements),
    }
