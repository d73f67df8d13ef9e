"""Prometheus metrics of a node: counters of its workers, and the state of TorchServe and the supervisor.

metrics = Metrics(directory)              of the node in this folder
status, content_type, body = metrics.page()
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

import psutil
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from handlers import counters
from handlers.counters import Family, Header, Numbers
from serving.archives import record
from serving.gateway import gateway
from serving.node import inventory
from serving.node.endpoint import Answer
from serving.paths import METRICS
from serving.torchserve import properties, registrations, server
from serving.torchserve.management import UNANSWERED, Management, ManagementError

_VERSION = ("model", "version")

Described = Mapping[str, Any]


class NodeState(NamedTuple):
    """State that the supervisor reports: whether the node accepts requests, and the number of restarts."""

    ready: bool
    server_restarts: int
    gateway_restarts: int


class Metrics(Collector):
    """Current metrics of the node in a folder."""

    def __init__(self, directory: Path, node: Callable[[], NodeState] | None = None) -> None:
        self._directory = directory
        self._node = node

    def page(self) -> Answer:
        """Return the answer of /metrics: status, content type, body."""
        return 200, CONTENT_TYPE_LATEST, generate_latest(self)

    def collect(self) -> Iterator[Metric]:
        headers, counted = _summed(self._directory / METRICS)
        yield from _families(counted)
        yield _shares(headers)
        described = _described(self._directory)
        yield _gauge("inference_server_up", "Whether TorchServe answers.", float(described is not None))
        yield from _served(described or {})
        yield self._info(described or {}, headers)
        yield from self._supervised(described or {})
        yield from _memory(self._directory)

    def _supervised(self, described: Mapping[tuple[str, str], Described]) -> Iterator[Metric]:
        """Yield the state of the supervisor. Without a supervisor, the node is ready if a worker is."""
        node = self._node() if self._node else None
        own = {key: version for key, version in described.items() if not registrations.is_further(key[0])}
        states = [_states(version)["READY"] for version in own.values()]
        yield _gauge("inference_ready", "Whether the node takes requests.", float(node.ready if node else any(states)))
        if node:
            for name, number in (("server", node.server_restarts), ("gateway", node.gateway_restarts)):
                title = f"inference_{name}_restarts"
                yield CounterMetricFamily(title, f"How often the supervisor started the {name} anew.", value=number)

    def _info(
        self, described: Mapping[tuple[str, str], Described], headers: Mapping[tuple[str, str], Header]
    ) -> Metric:
        """Return a metric with the weights and the archive of each registered version as labels."""
        labels = (*_VERSION, "weights", "archive")
        info = GaugeMetricFamily("inference_model_info", "The registered versions: always 1.", labels=labels)
        for key, version in described.items():
            weights = headers[key].labels["weights"] if key in headers else ""
            info.add_metric([*key, weights, self._archive(version["modelUrl"])], 1.0)
        return info

    def _archive(self, name: str) -> str:
        """Return the first 12 characters of the sha256 in the record of an archive; empty without a record."""
        description = record.described(inventory.store(self._directory) / name)
        return description.sha256[:12] if description else ""


def _summed(folder: Path) -> tuple[dict[tuple[str, str], Header], dict[tuple[Family, str, str], Numbers]]:
    """Return the newest header by model and version, and the sums of all workers' counters by family."""
    headers: dict[tuple[str, str], Header] = {}
    sums: dict[tuple[Family, str, str], Numbers] = {}
    for header, numbers in counters.read(folder):
        key = header.labels["model"], header.labels["version"]
        headers[key] = header
        parts = header.split(numbers)
        for family in header.families:
            sums[family, *key] = sums.get((family, *key), 0.0) + parts[family.name]
    return headers, sums


def _families(counted: Mapping[tuple[Family, str, str], Numbers]) -> Iterator[Metric]:
    metrics: dict[str, Metric] = {}
    for (family, *key), numbers in counted.items():
        if family.name not in metrics:
            kind = HistogramMetricFamily if family.bounds else CounterMetricFamily
            metrics[family.name] = kind(family.name, family.help, labels=(*_VERSION, *family.labels))
        metric = metrics[family.name]
        if isinstance(metric, HistogramMetricFamily):
            bounds = [*map(str, family.bounds), "+Inf"]
            metric.add_metric(key, list(zip(bounds, accumulate(numbers[:-1]), strict=True)), numbers[-1])
        elif isinstance(metric, CounterMetricFamily):
            for values, number in zip(family.values, numbers, strict=True):
                metric.add_metric([*key, *values], number)
    yield from metrics.values()


def _shares(headers: Mapping[tuple[str, str], Header]) -> Metric:
    labels = (*_VERSION, "statistic", "bin")
    about = "Shares of the training data in the bins of a statistic; of labels, and of test examples not accepted."
    shares = GaugeMetricFamily("inference_reference_share", about, labels=labels)
    for key, header in headers.items():
        for statistic, values in header.reference.items():
            for bin_, share in values.items():
                shares.add_metric([*key, statistic, bin_], share)
    return shares


def _described(directory: Path) -> dict[tuple[str, str], Described] | None:
    """Return the registered versions by model and version; None if TorchServe does not answer."""
    try:
        return inventory.ask(directory, _versions)
    except UNANSWERED:  # TorchServe starts, stops or hangs
        return None


def _versions(management: Management) -> dict[tuple[str, str], Described]:
    versions: dict[tuple[str, str], Described] = {}
    for name in management.models():
        with suppress(ManagementError):  # the model was unregistered meanwhile
            versions |= {(name, item["modelVersion"]): item for item in management.describe("all", name)}
    return versions


def _served(described: Mapping[tuple[str, str], Described]) -> Iterator[Metric]:
    waiting = GaugeMetricFamily("inference_queue_requests", "Requests that wait for a worker.", labels=_VERSION)
    capacity = GaugeMetricFamily(
        "inference_queue_capacity", "Requests that can wait; later ones get 503.", labels=_VERSION
    )
    workers = GaugeMetricFamily("inference_workers", "Worker processes by status.", labels=(*_VERSION, "status"))
    for key, version in described.items():
        queue = version["jobQueueStatus"]
        waiting.add_metric(key, queue["pendingRequests"])
        capacity.add_metric(key, queue["pendingRequests"] + queue["remainingCapacity"])
        for status, number in sorted({"READY": 0, **_states(version)}.items()):
            workers.add_metric([*key, status], number)
    yield from (waiting, capacity, workers)


def _memory(directory: Path) -> Iterator[Metric]:
    """Yield the memory of the node's processes, and the most that the JVM may use."""
    running, front = server.find(directory), gateway.find(directory)
    resident = GaugeMetricFamily(
        "inference_resident_bytes", "Resident memory of the JVM, of all workers and of the gateway.", labels=["part"]
    )
    parts = {"gateway": [front.pid] if front else [], "jvm": [running.pid] if running else []}
    parts["workers"] = [child.pid for pid in parts["jvm"] for child in _children(pid)]
    for part, pids in parts.items():
        if pids:
            resident.add_metric([part], float(sum(map(_resident, pids))))
    yield resident
    limit = GaugeMetricFamily("inference_jvm_limit_bytes", "Heap and direct memory that the JVM may take.", labels=())
    if running:
        flags = properties.read(directory / "config.properties")["vmargs"]
        bounds = re.findall(r"-(?:Xmx|XX:MaxDirectMemorySize=)(\d+[kmg]?)\b", flags)
        limit.add_metric([], float(sum(map(_bytes, bounds))))
    yield limit


def _children(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.Error:
        return []


def _resident(pid: int) -> int:
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:  # the process ended
        return 0


def _bytes(text: str) -> int:
    """Return the number of bytes in a size option of the JVM, such as 768m."""
    units = {"k": 10, "m": 20, "g": 30}
    return int(text[:-1]) << units[text[-1]] if text[-1] in units else int(text)


def _states(version: Described) -> Counter[str]:
    return Counter(worker["status"] for worker in version["workers"])


def _gauge(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(name, about, value=value)
