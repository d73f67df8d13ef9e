"""Profile of requests at 64 clients: processor time of each process, and idle share of the machine."""

import argparse
import statistics
import time
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import psutil
from PIL import Image

from benchmarks import bodies, ours, photos, processor
from benchmarks.contender import Dialect
from benchmarks.load import measure, measure_right
from benchmarks.results import Content
from benchmarks.targets import NAMES
from model import image_grey
from training.reports.markdown import table
from training.reports.page import render

FILE = "processes.json"
CLIENTS = 64
_KINDS = (Dialect.RAW, Dialect.JSON, Dialect.PNG, Dialect.JPEG)
_WARM_UP, _SECONDS = 10, 8  # for each kind of body
_DECODED = 50  # photos


def run(_: argparse.Namespace, directory: Path) -> Content:
    """Measure each kind of body after a warm-up. Raises LoadToolError for a wrong answer."""
    with ours.fresh(directory) as service:
        kinds = {}
        for kind in _KINDS:
            load = bodies.checked(service.endpoint(kind), kind)
            measure(load, CLIENTS, _WARM_UP)
            before, idle_before = processor.spent(service.pids()), psutil.cpu_times()
            measured = measure_right(load, CLIENTS, _SECONDS)
            after, idle_after = processor.spent(service.pids()), psutil.cpu_times()
            kinds[kind.value] = {
                "rate": measured.rate,
                "us": processor.per_answer(before, after, measured.requests),
                "idle": (idle_after.idle - idle_before.idle) / (sum(idle_after) - sum(idle_before)),
            }
    return {"seconds": _SECONDS, "cores": psutil.cpu_count(), "decode_us": _decode(), "kinds": kinds}


def section(content: Content) -> str:
    kinds: Mapping[str, Content] = content["kinds"]
    parts = list(next(iter(kinds.values()))["us"])
    rows = [
        (
            NAMES[kind],
            f"{figures['rate']:,.0f}",
            *(f"{figures['us'][part]:,.0f}" for part in parts),
            f"{100 * figures['idle']:.0f} %",
        )
        for kind, figures in kinds.items()
    ]
    most = 1e6 * content["cores"] / content["decode_us"]
    head = ("body", "requests/s", *parts, "idle")
    return render(__file__, **content, clients=CLIENTS, table=table(head, rows), most=most)


def _decode() -> float:
    """Return the median microseconds in which Pillow decodes a photo on one core, as in a worker."""
    photo = photos.jpeg(bodies.samples().images[0])
    times = []
    for _ in range(_DECODED):
        began = time.perf_counter()
        image = Image.open(BytesIO(photo), formats=("JPEG",))
        image.draft("L", (image_grey.SIDE, image_grey.SIDE))
        image.load()
        times.append(time.perf_counter() - began)
    return 1e6 * statistics.median(times)
