"""Minutes of steady load on this service, every answer checked, while its memory is watched."""

import time
from pathlib import Path
from typing import Any

from benchmarks import bodies, memory, ours
from benchmarks.contender import Contender, Dialect
from benchmarks.load import measure
from benchmarks.results import Content

_SLICE = 10  # seconds of load between two looks at its answers


def run(contender: Contender, directory: Path, clients: int, seconds: int) -> Content:
    """Load it over raw bytes; what was answered, slice by slice, and the bytes that each part held, both by second.

    Raises AnswerError if it does not answer right before the load; whatever fails later is counted.
    """
    ours.stop_left(directory)
    with contender.running(directory.absolute()) as service:
        load = bodies.checked(service.endpoint(Dialect.RAW), Dialect.RAW)
        began = time.monotonic()
        slices: list[dict[str, Any]] = []
        with memory.watched(service.pids, began) as samples:
            while (at := time.monotonic() - began) < seconds:
                measurement = measure(load, clients, min(_SLICE, max(1, seconds - at)))
                slices.append({"at": round(at, 1), **measurement.as_dict()})
                print(
                    f"soak {at:4.0f} s: {measurement.rate:,.0f}/s, p99 {measurement.p99:.2f} ms {measurement.failure}",
                    flush=True,
                )
    about = {"title": contender.title, "settings": contender.settings, "versions": dict(contender.versions())}
    return {
        **about,
        "clients": clients,
        "seconds": round(time.monotonic() - began),
        "slices": slices,
        "memory": samples,
    }
