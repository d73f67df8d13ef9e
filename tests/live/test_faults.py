"""Faults of a node under load: no answer is wrong, and the node recovers in time."""

import shutil
from collections.abc import Iterator
from dataclasses import asdict, replace
from functools import partial
from typing import Any

import psutil
import pytest

from resilience.cluster.clients import CROWD, Pace
from resilience.faults import node, renewal
from resilience.faults.fault import Bounds, Check, Fault, FaultOutcome, under_load
from resilience.faults.faults import faults
from resilience.faults.flow import RequestLoad, files, flow, percentile
from resilience.faults.node import Node
from serving.archives.record import Archive
from serving.gateway import haproxy
from serving.torchserve import registrations

from . import busy
from .changes.conftest import repack
from .conftest import until

# Other faults take long, need more resources, or have tests of their own: jvm in gateway/test_node.py,
# supervisor in test_keeper.py, rollout in changes, drain in test_serve.py and containers/test_node.py.
QUICK = ("worker", "gateway", "hang", "disk", "scale", "queue")
PACE = Pace(CROWD.connections, 100.0)  # for a machine that runs other programs
# Fewer keys, because each renewal once held requests for 5 s. The complete fault measures this on a quiet machine.
RENEWAL = Fault(
    "renewal",
    "two new keys for TorchServe",
    under_load(partial(renewal.renew, renewals=2, most=4000), Bounds(refused=0), PACE),
)
TRIES, LATE_MS = 2, 500
AT_ONCE_MS = 250  # a request that is not refused at once waits for 500
BUSY = 3.0  # the load alone makes work take twice as long


@pytest.fixture(scope="module")
def struck(archive: Archive, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    if not haproxy.find():
        pytest.skip("no HAProxy: scripts/test installs it where apt-get may")
    with node.running(tmp_path_factory.mktemp("struck"), warm_up_seconds="0") as running:
        repack(archive, running.folder, "2.0")
        yield running


@pytest.mark.parametrize(
    "fault",
    [RENEWAL, *(fault for fault in faults() if fault.name in QUICK)],
    ids=lambda fault: str(fault.name),
)
def test_clients_are_told_nothing_wrong_and_served_again_in_time(struck: Node, fault: Fault) -> None:
    if reason := fault.missing():
        pytest.skip(reason)
    with busy.watched() as slowdown:
        outcome = fault.act(struck)
        missed = missed_if_slower(outcome, busy.PATIENCE * slowdown())
    assert not missed, outcome
    assert outcome.figures.wrong == 0
    assert outcome.figures.right > 100


def missed_if_slower(outcome: FaultOutcome, times: float) -> list[Check]:
    """Return the missed checks, with bounds for a machine that is this many times slower."""
    bounds = outcome.bounds or Bounds()
    spans: dict[str, Any] = {name: most * times for name, most in asdict(bounds).items() if isinstance(most, float)}
    checks = replace(bounds, **spans).checks(outcome.figures) if outcome.bounds else []
    return [check for check in (*checks, *outcome.checks[len(checks) :]) if not check.met]


def test_who_would_wait_too_long_is_told_at_once(struck: Node) -> None:
    """The supervisor has learned how many requests are answered in time.

    The load is then half as many again. On a busy machine the limit changes within seconds, so the test sets the load
    again if the limit was different, or if it has changed so much that many requests waited in vain.
    """
    if not shutil.which("wrk"):
        pytest.skip("no wrk: scripts/test installs it where apt-get may")
    able = flow(struck, files(), RequestLoad(64, 2)).rate("right")
    with busy.watched() as slowdown:
        for _ in range(TRIES):
            figures = flow(struck, files(), RequestLoad(1500, 5, 1.5 * able))
            able = figures.rate("right")
            steady = 1.25 * able < able + figures.rate("refused") < 2.5 * able
            at_once = percentile(figures.took["refused"], 50) < AT_ONCE_MS
            if steady and at_once:
                break
        if not steady or percentile(figures.late, 50) > LATE_MS or (not at_once and slowdown() > BUSY):
            pytest.skip("others keep this machine so busy that how many can be answered changes all the time")
    assert figures.count("refused") > 100, figures
    assert at_once, figures


def test_a_jvm_that_was_killed_leaves_nothing_behind(struck: Node) -> None:
    """Its folder and its workers are removed, and explanations work again."""
    killed = struck.server
    psutil.Process(killed.pid).kill()
    until(lambda: struck.ready() and struck.server.pid != killed.pid, 20)
    assert not killed.scratch.exists()
    assert not any(str(killed.scratch) in " ".join(process.info["cmdline"] or ()) for process in _processes())
    with struck.server.manage(registrations.EXPLAINER) as management:
        until(lambda: registrations.is_there(management), 20)


def _processes() -> Iterator[psutil.Process]:
    yield from psutil.process_iter(["cmdline"])
