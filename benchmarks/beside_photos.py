"""Latency of raw pixels while other clients send photos of 12 megapixels through the gateway of a node.

Rounds with and without photos alternate. Each client that sends photos has its own key with the default limits of
scripts/clients, so the gateway sends its photos to the worker for expensive requests.
"""

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from benchmarks import bodies, load, machine, photos
from benchmarks.contender import TYPES, Dialect, Endpoint
from benchmarks.load import Load, LoadToolError
from benchmarks.results import Content
from benchmarks.targets import Target
from model import SPEC
from resilience.faults import node as nodes
from resilience.faults.node import Node
from serving.gateway import clients
from serving.gateway.clients import Client
from training.reports.markdown import rounded, table
from training.reports.page import render

FILE = "photos.json"
CLIENTS, SENDERS = 8, 4
MOST_GROWTH = 2.0  # largest ratio of the p99 with photos to the p99 without
_WORDS = {"none": "none", "photos": f"{SENDERS} clients"}
_SIDES = (4000, 3000)  # pixels of a photo
_WARM_UP, _LEAD = 10.0, 1.0  # seconds: load before the first round; photos before the measurement of pixels
_PATIENCE = 10.0  # seconds to wait for an idle machine before each round


def run(args: argparse.Namespace, _directory: Path) -> Content:
    """Start a node and measure it. Raises UserError if an answer to pixels is wrong, or no photo is answered."""
    with tempfile.TemporaryDirectory(prefix="digits-photos-") as name, nodes.running(Path(name)) as node:
        pixels = bodies.checked(_endpoint(node, Dialect.RAW, node.key), Dialect.RAW)
        others = _photo_loads(node)
        load.measure(pixels, CLIENTS, _WARM_UP)
        with _sent(others, _WARM_UP):
            pass
        measured: dict[str, list[dict[str, float]]] = {"none": [], "photos": []}
        for _ in range(args.rounds):
            for kind, loads in (("none", []), ("photos", others)):
                machine.wait_idle(_PATIENCE)
                measured[kind].append(_round(pixels, loads, args.seconds))
    return {
        "machine": machine.describe(),
        "rounds": args.rounds,
        "seconds": args.seconds,
        "size": _SIDES,
        "bytes": len(others[0].bodies[0]),
        "figures": {kind: load.medians(figures) for kind, figures in measured.items()},
    }


def _endpoint(node: Node, dialect: Dialect, key: str) -> Endpoint:
    headers = {"Content-Type": TYPES[dialect], "Authorization": f"Bearer {key}"}
    return Endpoint(f"https://{node.address}/predictions/{SPEC.name}", headers, node.certificate)


def _photo_loads(node: Node) -> list[Load]:
    """Return the loads of photos, each with the key of a new client."""
    names = [f"photos-{number}" for number in range(SENDERS)]
    keys = [clients.add(node.gateway.clients, Client(name, expires=clients.in_days(1))) for name in names]
    node.gateway.refresh()
    photo = photos.jpeg(bodies.samples().images[0], _SIDES)
    marker = bodies.unchecked(_endpoint(node, Dialect.RAW, node.key), Dialect.RAW).marker
    return [Load(_endpoint(node, Dialect.JPEG, key), [photo], marker) for key in keys]


@contextmanager
def _sent(loads: Sequence[Load], seconds: float) -> Iterator[list[load.Measurement]]:
    """Send each load from one client for ``seconds``, and yield a list, which has the results after the block."""
    results: list[load.Measurement] = []
    with ThreadPoolExecutor(max(1, len(loads))) as pool:
        running = [pool.submit(load.measure, photo_load, 1, seconds) for photo_load in loads]
        yield results
        results += [future.result() for future in running]


def _round(pixels: Load, loads: Sequence[Load], seconds: float) -> dict[str, float]:
    with _sent(loads, seconds + 2 * _LEAD) as sent:
        small = load.measure_right(pixels, CLIENTS, seconds)
    if loads and not sum(measurement.requests - measurement.wrong for measurement in sent):
        raise LoadToolError(f"no photo was answered: {sent[0].failure}")
    return {
        "rate": small.rate,
        "p50": small.p50,
        "p99": small.p99,
        "photos": sum(measurement.rate for measurement in sent),
        "refused": sum(measurement.wrong for measurement in sent) / (seconds + 2 * _LEAD),
    }


def section(content: Content) -> str:
    rows = []
    for kind, figures in content["figures"].items():
        latencies = [rounded(figures[name]) for name in ("p50", "p99")]
        counts = [f"{figures[name]:,.1f}" for name in ("photos", "refused")]
        rows.append((_WORDS[kind], f"{figures['rate']:,.0f}", *latencies, f"{_growth(content, kind):.2f}x", *counts))
    head = ("photos from", "raw pixels", "p50", "p99", "growth of p99", "photos", "refused photos")
    megabytes = content["bytes"] / 1e6
    return render(__file__, **content, clients=CLIENTS, senders=SENDERS, megabytes=megabytes, table=table(head, rows))


def targets(content: Content) -> list[Target]:
    """Return the target for the growth of the p99."""
    growth = _growth(content, "photos")
    words = f"{SENDERS} clients send photos of 12 megapixels: p99 of raw pixels at {CLIENTS} clients at most doubles"
    p99 = [content["figures"][kind]["p99"] for kind in ("photos", "none")]
    return [Target(words, f"{growth:.2f} x: {p99[0]:.1f} ms against {p99[1]:.1f} ms", growth <= MOST_GROWTH)]


def _growth(content: Content, kind: str) -> float:
    figures = content["figures"]
    return float(figures[kind]["p99"] / figures["none"]["p99"])
