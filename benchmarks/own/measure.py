"""Measurement of own models on every server, for a section of docs/performance.md."""

import argparse
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from itertools import chain
from pathlib import Path

import httpx
import numpy as np
import orjson

from benchmarks import load, machine
from benchmarks.contender import Endpoint
from benchmarks.load import Load, Measurement
from benchmarks.own import models
from benchmarks.own.contenders import OwnModelServer, servers
from benchmarks.own.models import Case
from benchmarks.performance_tables import named, percentiles
from benchmarks.results import Content
from benchmarks.targets import Target
from serving.errors import UserError
from serving.waiting import within
from training.reports.markdown import table
from training.reports.page import render

FILE = "own.json"
_OURS = "ours"
_FORMS = {"json": "JSON", "png": "the file as the body", "base64": "base64 in JSON"}
_LEADS = {"table": {"fastapi": 2.0, "litserve": 10.0, "bentoml": 10.0}, "image": {"fastapi": 2.0}}  # at 64 clients
_MOST_CLIENTS = 64
CLIENTS = (1, 8, 64)
_START_SECONDS, _POLL_SECONDS = 120.0, 0.1
_PATIENCE = 60.0  # seconds to wait for an idle machine before a server is started
_TOLERANCE = 1e-4  # of a probability


class OwnError(UserError):
    """Error: a server did not start, or gave a wrong answer."""


def run(args: argparse.Namespace, _directory: Path) -> Content:
    """Measure all servers. Raises OwnError if an answer differs from that of the model."""
    args.patience = 0.0 if args.quick else _PATIENCE
    every = servers()
    for server in every:
        server.prepare()
    with tempfile.TemporaryDirectory(prefix="own-") as temporary:
        work = Path(temporary)
        cases = [models.table(work / "models" / "table"), models.image(work / "models" / "image")]
        taken: dict[tuple[str, str, int], list[Measurement]] = {}
        for number in range(args.rounds):
            turn = number * len(every) // args.rounds
            for case in cases:
                for server in every[turn:] + every[:turn]:
                    for clients, measured in _measured(server, case, work, args):
                        taken.setdefault((case.name, server.name, clients), []).append(measured)
                        print(
                            f"round {number + 1}: {case.name}, {server.name}, {clients}: {measured.rate:,.0f}/s",
                            flush=True,
                        )
    return {
        "machine": machine.describe(),
        **{name: getattr(args, name) for name in ("rounds", "seconds", "warm_up", "patience")},
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


def _measured(
    server: OwnModelServer, case: Case, work: Path, args: argparse.Namespace
) -> Iterable[tuple[int, Measurement]]:
    """Start a server with one model, warm it up, and yield a measurement for each number of clients."""
    directory = work / "run" / server.name
    shutil.rmtree(directory, ignore_errors=True)
    machine.wait_idle(args.patience)
    with server.start(case, directory) as endpoint:
        bodies = case.bodies[server.forms[case.name]]
        marker = _checked(endpoint, case, bodies)
        sent = Load(endpoint, bodies, marker)
        load.measure(sent, CLIENTS[-1], args.warm_up)
        for clients in CLIENTS:
            measurement = load.measure(sent, clients, args.seconds)
            if measurement.failure:
                raise OwnError(f"{server.name}, {case.name}, {clients} clients: {measurement.failure}")
            yield clients, measurement


def _checked(endpoint: Endpoint, case: Case, bodies: Iterable[bytes]) -> str:
    """Wait for answers to all requests and check them. Return a text in all right answers. Raises OwnError."""
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


def _figures(measurements: list[Measurement]) -> dict[str, float]:
    rates = [measurement.rate for measurement in measurements]
    figures = ({name: getattr(measurement, name) for name in ("rate", "p50", "p99")} for measurement in measurements)
    return {**load.medians(figures), "low": min(rates), "high": max(rates)}


def section(content: Content) -> str:
    figures, cases = _by_place(content), []
    clients = sorted({number for *_, number in figures})
    for case, title in content["cases"].items():
        rows = []
        for server in content["servers"]:
            measured = [figures[case, server["name"], number] for number in clients]
            cells = [(f"{cell['rate']:,.0f}", percentiles(cell["p50"], cell["p99"])) for cell in measured]
            rows.append((server["title"], *chain.from_iterable(cells)))
        head = ("clients", *chain.from_iterable((str(number), "p50 / p99") for number in clients))
        cases.append(f"### {title[0].upper()}{title[1:]}\n\n{table(head, rows)}")
    settings = [
        (server["title"], server["settings"], _FORMS[server["forms"]["image"]], named(server["versions"]))
        for server in content["servers"]
    ]
    head = ("server", "settings", "an image comes as", "versions")
    return render(__file__, **content, tables="\n\n".join(cases), settings=table(head, settings, left=4))


def targets(content: Content) -> list[Target]:
    """Return the targets for the ratio to each peer at 64 clients."""
    figures, stated = _by_place(content), []
    titles = {server["name"]: server["title"] for server in content["servers"]}
    for case, leads in _LEADS.items():
        for name, factor in leads.items():
            mine, theirs = (figures[case, server, _MOST_CLIENTS]["rate"] for server in (_OURS, name))
            words = f"own models, {case}, {_MOST_CLIENTS} clients: {factor:g} x {titles[name]}"
            measured = f"{mine / theirs:.2f} x: {mine:,.0f}/s against {theirs:,.0f}/s"
            stated.append(Target(words, measured, mine >= factor * theirs))
    return stated


def _by_place(content: Content) -> dict[tuple[str, str, int], Mapping[str, float]]:
    """Return the figures by case, server and number of clients."""
    return {(entry["case"], entry["server"], entry["clients"]): entry for entry in content["figures"]}
