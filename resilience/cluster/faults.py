"""Faults of a node under load, and their effect on clients."""

import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

from resilience.cluster.clients import FAILED, REFUSED, STEADY, WRONG, Pace, Record
from resilience.cluster.cluster import Cluster
from resilience.cluster.node import ClusterNode

_CALM = 1.5  # seconds of load before the fault and after the recovery
_OUT_SECONDS, _BACK_SECONDS = 60.0, 90.0  # longest waits until the node is out, and until it is back


@dataclass(frozen=True)
class Times:
    """Reaction times of the edge to a fault of a node.

    out      seconds from the fault until the edge sent the node no more requests
    ready    seconds from the end of the fault until TorchServe had a READY worker; 0 if it always had one
    back     seconds from the end of the fault until the edge sent the node requests again
    astray   requests that the edge sent to the node in between
    """

    out: float
    ready: float
    back: float
    astray: int


@dataclass(frozen=True)
class ClusterFault:
    name: str
    title: str
    act: Callable[[Cluster], Times]


@dataclass(frozen=True)
class ClientFigures:
    """Effect of a fault on clients: missing and wrong answers, and latency in ms from the due time.

    gap     longest time in ms between two right answers to any client
    sample  first answer that was not right
    """

    sent: int
    failed: int
    wrong: int
    p50: float
    p99: float
    most: float
    gap: float
    times: Times
    sample: str


def run(cluster: Cluster, fault: ClusterFault, pace: Pace = STEADY) -> ClientFigures:
    """Cause a fault under load, and return its effect."""
    with cluster.load(pace) as records:
        time.sleep(_CALM)
        times = fault.act(cluster)
        time.sleep(_CALM)
    return figures(records, times)


def figures(records: Sequence[Record], times: Times) -> ClientFigures:
    latencies = sorted(1000 * record.seconds for record in records)
    answered = sorted(record.due + record.seconds for record in records if not record.outcome)
    bad = [record.outcome for record in records if record.outcome]
    return ClientFigures(
        sent=len(records),
        failed=sum(outcome.startswith((FAILED, REFUSED)) for outcome in bad),
        wrong=sum(outcome.startswith(WRONG) for outcome in bad),
        p50=statistics.median(latencies),
        p99=latencies[int(0.99 * len(latencies))],
        most=latencies[-1],
        gap=max(1000 * (after - before) for before, after in pairwise(answered)),
        times=times,
        sample=bad[0] if bad else "",
    )


def kill(cluster: Cluster) -> Times:
    """Kill the JVM of a node by kill -9. Its supervisor starts another."""
    node = cluster.nodes["one"]
    return _hurt(cluster, node, node.kill_jvm, lambda: None, restarts=True)


def cut(cluster: Cluster) -> Times:
    """Take down the link of a node, and bring it up again when the node is out."""
    link = cluster.networks.link
    return _hurt(cluster, cluster.nodes["two"], lambda: link("two", up=False), lambda: link("two", up=True))


def freeze(cluster: Cluster) -> Times:
    """Freeze every process of a node, and resume them when the node is out."""
    node = cluster.nodes["three"]
    return _hurt(cluster, node, node.freeze, node.thaw)


def restart(cluster: Cluster, name: str) -> Times:
    """Stop a node and start it again."""
    node = cluster.nodes[name]
    return _hurt(cluster, node, node.ask_to_stop, node.restart, restarts=True)


def roll(cluster: Cluster) -> Times:
    """Restart one node after the other. Return the longest of each time."""
    results = [restart(cluster, name) for name in cluster.nodes]
    return Times(
        max(result.out for result in results),
        max(result.ready for result in results),
        max(result.back for result in results),
        sum(result.astray for result in results),
    )


def _hurt(
    cluster: Cluster, node: ClusterNode, begin: Callable[[], None], end: Callable[[], None], *, restarts: bool = False
) -> Times:
    began = time.monotonic()
    begin()
    with ThreadPoolExecutor(1) as pool:
        try:
            out = cluster.edge.wait(node.name, up=False, seconds=_OUT_SECONDS)
            # Watch from here on, because the edge may send the node requests before any call below returns.
            returned = pool.submit(cluster.edge.wait, node.name, up=True, seconds=_BACK_SECONDS)
        finally:
            end()
        ended = time.monotonic()
        ready = max(ended, node.wait_ready()) if restarts else ended
        back = returned.result()
    return Times(out.at - began, ready - ended, back.at - ended, back.before - out.after)


FAULTS = (
    ClusterFault("kill", "kill -9 of a node's JVM", kill),
    ClusterFault("cut", "a node's link is cut", cut),
    ClusterFault("freeze", "a node's processes are frozen", freeze),
    ClusterFault("roll", "all nodes restarted, one after the other", roll),
)
