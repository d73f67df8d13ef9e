"""Synthetic results in round numbers, for calculation by hand."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.contender import Role
from benchmarks.load import Measurement
from benchmarks.plan import Plan
from benchmarks.results import Results

PLAN = Plan(rounds=3, seconds=8, warm_up=20)
_SPREAD = (0.9, 1.0, 1.2)  # times the median, for each round
_SERVERS: dict[str, tuple[str, Role, dict[str, Sequence[float]]]] = {  # rates with 1, 8, 64 and 128 clients
    "digits": (
        "this service",
        Role.OURS,
        {"raw": (500, 4000, 9000, 10000), "json": (400, 3000, 6000, 6500), "v2": (400, 2500, 5000, 5500)},
    ),
    "fastapi": ("FastAPI + uvicorn", Role.PEER, {"raw": (1000, 2500, 3000, 3000), "json": (800, 2000, 2500, 2400)}),
    "mlserver": ("MLServer", Role.PEER, {"v2": (200, 500, 500, 500)}),
    "torchserve": ("TorchServe, stock", Role.PEER, {"raw": (300, 500, 600, 600)}),
    "haproxy-2": ("HAProxy, static answer, 2 threads", Role.LIMIT, {"raw": (10000, 80000, 90000, 90000)}),
}


def measurement(rate: float, clients: int = 1, wrong: int = 0) -> Measurement:
    """Return a measurement in which p50 is the latency of this many clients at this rate, and p99 is twice p50."""
    p50 = 1000 * clients / rate
    sample = "503 busy | later" if wrong else ""
    return Measurement(round(rate * 8), rate, p50, 1.5 * p50, 2 * p50, wrong=wrong, errors=0, sample=sample)


def results(folder: Path) -> Results:
    """Return three rounds of every server, without failures."""
    store = Results(folder)
    facts = {"processor": "a processor", "cores": "2"}
    store.put("plan", {"plan": vars(PLAN), "machine": facts, "versions": {"wrk": "4.1.0"}, "began": "2025-01-01"})
    store.put("done", {"at": "2025-01-02"})
    for name, (title, role, rates) in _SERVERS.items():
        about = {"title": title, "settings": "2 workers", "role": role.value, "versions": {name: "1.2.3"}}
        store.put(f"contenders/{name}", about)
        for number, factor in enumerate(_SPREAD, 1):
            _put_round(store, f"rounds/{number}/{name}", rates, factor)
    for number, factor in enumerate(_SPREAD, 1):
        _put_own(store, number, factor)
    return store


def _put_round(store: Results, base: str, rates: Mapping[str, Sequence[float]], factor: float) -> None:
    store.put(f"{base}/start", {"seconds": 5 * factor, "busy": 3.0})
    figures = {"processes": 2, "rss": 300 << 20, "pss": 200 << 20, "uss": 100 << 20}
    store.put(f"{base}/memory", {"worker": figures})
    for dialect, at in rates.items():
        for clients, rate in zip(PLAN.clients, at, strict=True):
            store.put(f"{base}/{dialect}-{clients}", vars(measurement(rate * factor, clients)))


def _put_own(store: Results, number: int, factor: float) -> None:
    """Write the other results of a round: large requests to this server, and the network alone."""
    for clients, rate in ((1, 90), (4, 100)):
        store.put(f"rounds/{number}/digits/many-{clients}", vars(measurement(rate * factor, clients)))
    speeds = [
        {"way": way, "batch": batch, "threads": threads, "rate": rate * threads * factor}
        for way, limit in (("network", 102_400), ("classifier", 80_000))
        for batch, rate in ((1, limit / 10), (1024, limit))
        for threads in (1, 2)
    ]
    store.put(f"rounds/{number}/arithmetic", {"sweep": speeds})


def put_soak(store: Results, growth: float = 1.0, wrong: int = 0, minutes: int = 10) -> None:
    """Write a soak of this many minutes in which the worker's memory grows steadily by a factor."""
    seconds = 60 * minutes
    slices = [{"at": at, **vars(measurement(8000, 64, wrong))} for at in range(0, seconds, 10)]
    memory = [
        {"at": at, "jvm": 500 << 20, "worker": int((300 << 20) * (1 + (growth - 1) * at / seconds))}
        for at in range(0, seconds, 2)
    ]
    about = {"title": "this service", "settings": "", "versions": {}, "clients": 64, "seconds": seconds}
    store.put("soak", {**about, "slices": slices, "memory": memory})
