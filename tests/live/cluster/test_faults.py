"""Faults of one of three nodes behind the edge, under load: clients notice only a short delay."""

from collections.abc import Iterator
from functools import partial

import pytest

from resilience.cluster import cluster, faults, namespace
from resilience.cluster.clients import STEADY, Pace
from resilience.cluster.cluster import Cluster
from resilience.cluster.cluster_report import MOST_P99
from resilience.cluster.faults import ClusterFault
from tests.live import busy

PACE = Pace(STEADY.connections, 30.0)  # for nodes that start on the same processors


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    if reason := namespace.missing():
        pytest.skip(reason)
    with cluster.running(tmp_path_factory.mktemp("cluster"), warm_up_seconds="0") as running:
        yield running


# tests/live/containers/test_kubernetes.py restarts three nodes one after the other.
ONE = ClusterFault("restart", "a node is restarted", partial(faults.restart, name="one"))
FAULTS = (*(fault for fault in faults.FAULTS if fault.act is not faults.roll), ONE)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_clients_lose_nothing(three: Cluster, fault: ClusterFault) -> None:
    figures = faults.run(three, fault, PACE)
    assert (figures.failed, figures.wrong) == (0, 0), figures
    assert figures.p99 <= MOST_P99 * busy.PATIENCE, figures
    assert figures.times.ready <= figures.times.back, "it took load before it was READY"
    assert figures.times.astray == 0, "it was sent requests while it was out"


def test_with_no_node_left_clients_are_told_so_in_time(three: Cluster) -> None:
    for node in three.nodes.values():
        node.freeze()
    try:
        for name in three.nodes:
            three.edge.wait(name, up=False, seconds=10 * busy.PATIENCE)
        answer = three.curl("/predictions/digits", "--data", "{}", "--max-time", f"{3 * busy.PATIENCE}")
        assert answer.startswith(("HTTP/1.1 503", "HTTP/1.1 504"))
        assert "retry-after: 1" in answer
        assert '"hint":"' in answer
        assert three.curl("/readyz").startswith("HTTP/1.1 503")
        assert three.curl("/livez").startswith("HTTP/1.1 200"), "the edge itself is well"
    finally:
        for node in three.nodes.values():
            node.thaw()
    for name in three.nodes:
        three.edge.wait(name, up=True, seconds=10 * busy.PATIENCE)
    assert three.curl("/readyz").startswith("HTTP/1.1 200")
