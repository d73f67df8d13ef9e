"""Raw pixels while other clients send photos of 12 megapixels, through the gateway of a whole node.

Rounds with photos and without take turns. Each client of photos has a key of its own, with the limits that
scripts/clients gives it, so the gateway sends its photos to the worker for expensive requests.
"""

import statistics
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from benchmarks import beside_photos_report, bodies, load, machine, photos
from benchmarks.contender import TYPES, Dialect, Endpoint
from benchmarks.load import Load, LoadToolError
from benchmarks.results import Content
from model import SPEC
from resilience.faults import node as nodes
from resilience.faults.node import Node
from serving.gateway import clients
from serving.gateway.clients import Client

_SIDES = (4000, 3000)  # pixels of a photo
_WARM_UP, _LEAD = 10.0, 1.0  # seconds: of load before the first round; of photos before pixels are measured
_PATIENCE = 10.0  # seconds to wait for others to leave the machine alone, before each round


def run(rounds: int, seconds: float) -> Content:
    """Measure a node of its own. Raises UserError if pixels are not answered right, or no photo is."""
    with tempfile.TemporaryDirectory(prefix="digits-photos-") as name, nodes.running(Path(name)) as node:
        pixels = bodies.checked(_endpoint(node, Dialect.RAW, node.key), Dialect.RAW)
        others = _photo_loads(node)
        load.measure(pixels, beside_photos_report.CLIENTS, _WARM_UP)
        with _sent(others, _WARM_UP):
            pass
        measured: dict[str, list[dict[str, float]]] = {"none": [], "photos": []}
        for _ in range(rounds):
            for kind, loads in (("none", []), ("photos", others)):
                machine.wait_idle(_PATIENCE)
                measured[kind].append(_round(pixels, loads, seconds))
    return {
        "machine": machine.describe(),
        "rounds": rounds,
        "seconds": seconds,
        "size": _SIDES,
        "bytes": len(others[0].bodies[0]),
        "figures": {kind: _median(figures) for kind, figures in measured.items()},
    }


def _endpoint(node: Node, dialect: Dialect, key: str) -> Endpoint:
    headers = {"Content-Type": TYPES[dialect], "Authorization": f"Bearer {key}"}
    return Endpoint(f"https://{node.address}/predictions/{SPEC.name}", headers, node.certificate)


def _photo_loads(node: Node) -> list[Load]:
    """One client each, with a key of its own."""
    names = [f"photos-{number}" for number in range(beside_photos_report.SENDERS)]
    keys = [clients.add(node.gateway.clients, Client(name, expires=clients.in_days(1))) for name in names]
    node.gateway.refresh()
    photo = photos.jpeg(bodies.samples().images[0], _SIDES)
    marker = bodies.unchecked(_endpoint(node, Dialect.RAW, node.key), Dialect.RAW).marker
    return [Load(_endpoint(node, Dialect.JPEG, key), [photo], marker) for key in keys]


@contextmanager
def _sent(loads: Sequence[Load], seconds: float) -> Iterator[list[load.Measurement]]:
    """Send every load from one client for so long. The list has their results when the block has ended."""
    results: list[load.Measurement] = []
    with ThreadPoolExecutor(max(1, len(loads))) as pool:
        running = [pool.submit(load.measure, each, 1, seconds) for each in loads]
        yield results
        results += [each.result() for each in running]


def _round(pixels: Load, loads: Sequence[Load], seconds: float) -> dict[str, float]:
    with _sent(loads, seconds + 2 * _LEAD) as sent:
        small = load.measure(pixels, beside_photos_report.CLIENTS, seconds)
    if small.failure:
        raise LoadToolError(small.failure)
    if loads and not sum(each.requests - each.wrong for each in sent):
        raise LoadToolError(f"no photo was answered: {sent[0].failure}")
    return {
        "rate": small.rate,
        "p50": small.p50,
        "p99": small.p99,
        "photos": sum(each.rate for each in sent),
        "refused": sum(each.wrong for each in sent) / (seconds + 2 * _LEAD),
    }


def _median(rounds: Sequence[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.median(each[name] for each in rounds) for name in rounds[0]}
