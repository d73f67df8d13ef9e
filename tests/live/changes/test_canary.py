"""Canary releases: a new version gets a share of the traffic of the gateway."""

import http.client
import os
import signal
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from serving.archives.record import Archive
from serving.changes import canary
from serving.changes.canary import Canary
from serving.changes.rollout import Rollout, RolloutTrial
from serving.errors import UserError
from serving.gateway import clients, gateway, quotas

from ..crowd import asking
from .conftest import more, served, server_of, workers

pytestmark = pytest.mark.usefixtures("restored")


def test_a_canary_gets_its_share(
    node: Path, repacked: Callable[..., Archive], trial: RolloutTrial, seven: bytes
) -> None:
    live = served(node)["modelVersion"]
    with outside(node, seven) as counted:
        more(counted, live, 20)
        shared = replace(trial, canary=Canary(50, 3))
        Rollout(server_of(node), gateway.find(node), lambda _: None).forward(repacked("8.0"), shared)
        during = dict(counted)
        more(counted, "8.0", 20)
    assert counted.keys() == {live, "8.0"}, counted
    assert during.get("8.0"), "it answered while it was a canary"
    assert served(node)["modelVersion"] == "8.0"


def test_a_canary_whose_worker_dies_goes(
    node: Path, repacked: Callable[..., Archive], trial: RolloutTrial, seven: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bound for errors is raised: errors of requests that the worker held could end the canary first."""
    monkeypatch.setattr(canary, "_ERRORS", 1.0)

    def killed() -> None:
        more(counted, "9.0", 5)
        os.kill(workers(node, "9.0")[0], signal.SIGKILL)

    shared, archive, live = replace(trial, canary=Canary(50, 30)), repacked("9.0"), served(node)["modelVersion"]
    with outside(node, seven) as counted:
        killer = threading.Thread(target=killed)
        killer.start()
        with pytest.raises(UserError, match=r"^a worker of 9\.0 died while it was a canary$"):
            Rollout(server_of(node), gateway.find(node), lambda _: None).forward(archive, shared)
        killer.join()
        more(counted, live, 20)
    assert counted.keys() == {live, "9.0"}, counted
    assert served(node)["modelVersion"] == live


@contextmanager
def outside(node: Path, image: bytes) -> Iterator[Counter[str]]:
    """Send the image by eight clients of the gateway. Yield their counts of answers by version."""
    door = gateway.find(node)
    if not door:
        pytest.skip("no HAProxy: scripts/test installs it where apt-get may")
    key = clients.add(door.clients, clients.Client("crowd", quotas.SCOPES, 100_000, clients.in_days(1)))
    door.refresh()
    address, trust = door.url.removeprefix("https://"), ssl.create_default_context(cafile=str(door.certificate))
    headers = {"Authorization": f"Bearer {key}"}
    with asking(lambda: http.client.HTTPSConnection(address, context=trust), headers, image, 8, pause=0.05) as counted:
        yield counted
