"""Rollout and rollback under load: no request is lost, and a failed rollout changes nothing."""

import os
import re
import signal
import subprocess
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from serving import paths
from serving.archives.record import Archive
from serving.changes import scaling
from serving.changes.comparison import PredictionClient
from serving.changes.gates import Gates
from serving.changes.retirement import RetirementError, retire
from serving.changes.rollout import Rollout, RolloutTrial
from serving.node import deployment, lock
from serving.torchserve import registrations, server, stacks
from tests.processes import bounded

from ..conftest import until
from ..crowd import crowd
from .conftest import READY, more, rollout, served, server_of, states, workers

pytestmark = pytest.mark.usefixtures("restored")


def test_a_rollout_and_the_way_back_under_64_clients(
    node: Path, repacked: Callable[..., Archive], trial: RolloutTrial, seven: bytes
) -> None:
    """The worker of the old version is stopped during the switch, while it holds requests of all clients."""
    steps: list[str] = []
    (old,), before = workers(node), deployment.read(node)
    assert before
    live = before.current.version

    def go_on() -> None:
        with suppress(ProcessLookupError):  # TorchServe has ended the slow worker
            os.kill(old, signal.SIGCONT)

    def report(step: str) -> None:
        steps.append(step)
        if "agreement" in step:
            os.kill(old, signal.SIGSTOP)
        if step == "2.0 is the default":
            threading.Timer(1.0, go_on).start()

    with crowd(server_of(node), seven, pause=0.2) as counted:
        more(counted, live, 200)
        deployed = Rollout(server_of(node), report=report).forward(repacked("2.0"), trial)
        more(counted, "2.0", 200)
        assert served(node)["modelVersion"] == served(node, registrations.EXPLAINER)["modelVersion"] == "2.0"
        Rollout(server_of(node), report=report).back()
        more(counted, live, 200)
    assert counted.keys() == {live, "2.0"}, counted
    assert (deployed.current.version, deployed.before) == ("2.0", (*before.before, before.current))
    assert deployment.read(node) == before
    assert served(node)["modelUrl"] == before.current.file
    assert server_of(node).archive == before.current.sha256
    compared = re.compile(r"1000 samples: agreement 100.00%, largest difference of a probability (\S+);?")
    (distance,) = [match[1] for step in steps if (match := compared.search(step))]
    assert float(distance.rstrip(",;")) < 1e-6, steps  # rounding may differ with the batch size


def test_a_version_leaves_when_its_worker_has_nothing_in_hand(
    node: Path, repacked: Callable[..., Archive], seven: bytes
) -> None:
    """Its queue is empty, because its worker, which is stopped, holds the only request."""
    new, live = deployment.add_to_store(node, repacked("2.1")), served(node)["modelVersion"]
    with (
        server_of(node).manage() as management,
        ThreadPoolExecutor() as pool,
        PredictionClient(server_of(node)) as asker,
    ):
        management.register(new.file)
        (worker,) = workers(node, "2.1")
        os.kill(worker, signal.SIGSTOP)
        image = np.frombuffer(seven, dtype=np.uint8).reshape(1, 28, 28)
        prediction = pool.submit(asker.results, "2.1", image)
        until(lambda: any(stacks.holds_work(stack, "digits_2.1") for stack in threads(node)), 20)
        assert management.describe("2.1")[0]["jobQueueStatus"]["pendingRequests"] == 0
        with pytest.raises(RetirementError, match=r"digits 2\.1 still has work"):
            retire(server_of(node), management, "2.1", seconds=0.5)
        leaving = pool.submit(retire, server_of(node), management, "2.1")
        os.kill(worker, signal.SIGCONT)
        assert prediction.result()["probabilities"].argmax() == 7
        leaving.result()
    assert served(node)["modelVersion"] == live


def threads(node: Path) -> list[str]:
    return stacks.of(server_of(node).pid, server_of(node).console)


def test_what_a_killed_rollout_left_is_removed_by_the_next(
    node: Path, repacked: Callable[..., Archive], seven: bytes
) -> None:
    command: list[Path | str] = [paths.ROOT / "scripts" / "rollout", "--directory", node, repacked("5.0").path]
    live = served(node)["modelVersion"]
    with crowd(server_of(node), seven, 4, pause=0.05) as counted, server_of(node).manage() as management:
        with bounded(subprocess.Popen(command, stdout=subprocess.DEVNULL)):
            until(lambda: len(management.describe("all")) == 2, 30)
        with pytest.raises(lock.LockedError), lock.changing(node), lock.changing(node):
            pass  # the killed process has lost its lock; otherwise the outer lock would have raised
        Rollout(server_of(node), report=lambda _: None).forward(repacked("6.0"), RolloutTrial(Gates(factor=50.0)))
    assert served(node)["modelVersion"] == "6.0"
    assert counted.keys() <= {live, "6.0"}, counted


def test_a_rollout_that_was_killed_after_the_switch_counts(node: Path, repacked: Callable[..., Archive]) -> None:
    live = deployment.read(node)
    assert live
    new = deployment.add_to_store(node, repacked("7.0"))
    with server_of(node).manage() as management:
        management.register(new.file)
        management.set_default("7.0")
    Rollout(server_of(node), report=lambda _: None).back()
    assert deployment.read(node) == live
    assert not (deployment.store(node) / new.file).exists()
    assert served(node)["modelVersion"] == live.current.version


def test_rollbacks_lead_back_and_never_forward(node: Path, repacked: Callable[..., Archive]) -> None:
    oldest = served(node)["modelVersion"]
    for version in ("7.1", "7.2"):
        Rollout(server_of(node), report=lambda _: None).forward(repacked(version), RolloutTrial(Gates(factor=50.0)))
    history = [line.split()[-2] for line in rollout(node, "--history").stdout.splitlines()]
    assert history[:3] == ["7.2", "7.1", oldest]
    for version in ("7.1", oldest):
        assert rollout(node, "--rollback").returncode == 0
        assert served(node)["modelVersion"] == version
    deployed = deployment.read(node)
    assert deployed
    deployment.write(node, replace(deployed, before=()))
    completed = rollout(node, "--rollback")
    refusal = f"error: nothing older than {oldest} is left: roll out another archive\n"
    assert (completed.returncode, completed.stderr) == (1, refusal)
    assert served(node)["modelVersion"] == oldest


def test_an_archive_that_a_user_puts_into_the_model_store_is_registered_and_stays(
    node: Path, repacked: Callable[..., Archive]
) -> None:
    """The test uses only the management API, as docs/operations.md shows it."""
    own = deployment.store(node) / "mine.mar"
    own.write_bytes(repacked("7.3").path.read_bytes())
    with server_of(node).manage() as management:
        management.register(own.name)
        assert len(management.describe("7.3")[0]["workers"]) == 1
        management.unregister("7.3")
    Rollout(server_of(node), report=lambda _: None).forward(repacked("7.4"), RolloutTrial(Gates(factor=50.0)))
    Rollout(server_of(node), report=lambda _: None).back()
    assert own.exists()


def test_a_restart_serves_what_was_rolled_out_with_as_many_workers(node: Path) -> None:
    scaling.scale(server_of(node), 2)
    running, live = server_of(node), deployment.read(node)
    assert live
    os.kill(running.pid, signal.SIGKILL)
    until(lambda: server.find(node) not in (running, None) and states(node) == [READY, READY], 60)
    assert server_of(node).archive == live.current.sha256
    assert served(node)["modelVersion"] == live.current.version
    scaling.scale(server_of(node), 1)
