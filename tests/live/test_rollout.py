"""Another version, and more or fewer workers, under load: no request is lost, and what fails changes nothing."""

import http.client
import json
import os
import re
import signal
import ssl
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inference import files
from serving import paths
from serving.archives import record, seal
from serving.archives.archive import pack
from serving.archives.record import Archive, Release
from serving.changes import canary, scaling
from serving.changes.canary import Canary
from serving.changes.comparison import Asker, HeldOut
from serving.changes.gates import Gates
from serving.changes.retirement import RetirementError, retire
from serving.changes.rollout import Rollout, RolloutError, Trial
from serving.changes.rule import Rule
from serving.gateway import clients, gateway, haproxy, launch, quotas
from serving.gateway.settings import Settings
from serving.node import deployment
from serving.node.supervisor import Supervisor
from serving.torchserve import properties, registrations, server, stacks
from serving.torchserve.management import UNANSWERED
from serving.torchserve.server import Server
from tests import recipe
from tests.processes import bounded
from training.dataset import Dataset

from .conftest import until
from .crowd import asking, crowd
from .gateway.conftest import node_ports

READY = "READY"
pytestmark = pytest.mark.usefixtures("restored")


@pytest.fixture(scope="module")
def node(archive: Archive, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a node as scripts/serve makes one, with a gateway if there is a HAProxy."""
    directory = tmp_path_factory.mktemp("node")
    deployment.renew(directory, archive)
    chosen = node_ports()
    settings = properties.read() | chosen
    fronted = bool(haproxy.found())
    door = partial(launch.start, directory, Settings.of(settings, fronted)) if fronted else None
    begin = partial(deployment.launch, directory, chosen, fronted)
    supervisor = Supervisor(directory, begin, settings["health_address"], door)
    life = threading.Thread(target=supervisor.run)
    life.start()
    try:
        until(lambda: not life.is_alive() or supervisor.ready, 120)
        assert life.is_alive(), "the supervisor ended"
        until(lambda: READY in states(directory, registrations.EXPLAINER.name), 30)
        yield directory
    finally:
        supervisor.stop()
        life.join()


@pytest.fixture(scope="module")
def trial(mnist: Dataset) -> Trial:
    """Fewer images than scripts/rollout asks, and latency may vary as it does beside five other servers."""
    return Trial(Gates(factor=5.0), HeldOut(mnist.test.images[:1000], mnist.test.labels[:1000]), timed=40)


@pytest.fixture
def repacked(archive: Archive, tmp_path: Path) -> Callable[..., Archive]:
    """The product's archive with another version, and with whatever else of it is changed."""

    def repack(version: str, change: Callable[[str, bytes], bytes] = lambda _name, content: content) -> Archive:
        path = tmp_path / f"digits-{version}.mar"
        inside = seal.opened(archive.path.read_bytes())
        manifest = json.loads(inside[seal.MANIFEST])
        manifest["model"]["modelVersion"] = version
        changed = inside | {seal.MANIFEST: json.dumps(manifest).encode()}
        path.write_bytes(seal.seal({name: change(name, content) for name, content in changed.items()}))
        return recorded(path, version)

    return repack


def recorded(path: Path, version: str) -> Archive:
    packed = Archive(path, record.sha256(path.read_bytes()), "", version).signed()
    files.replace(record.record_path(path), packed.record())
    return packed


def found(directory: Path) -> Server:
    running = server.find(directory)
    assert running
    return running


def workers(directory: Path, version: str | None = None) -> list[int]:
    """The pids of a version's workers."""
    with found(directory).manage() as management:
        return [worker["pid"] for worker in management.describe(version)[0]["workers"]]


def more(counted: Counter[str], version: str, answers: int) -> None:
    """Return when a version has given so many more."""
    enough = counted[version] + answers
    until(lambda: counted[version] > enough, 20)


def states(directory: Path, name: str = paths.NAME) -> list[str]:
    """Of the default version's workers; none if nothing is registered, or nobody answers."""
    try:
        with found(directory).manage(name) as management:
            return [worker["status"] for worker in management.describe()[0]["workers"]]
    except UNANSWERED:
        return []


def served(directory: Path, name: str = paths.NAME) -> dict[str, str]:
    """The description of the only version that is registered."""
    with found(directory).manage(name) as management:
        (version,) = management.describe("all")
    return version


def test_a_rollout_and_the_way_back_under_64_clients(
    node: Path, repacked: Callable[..., Archive], trial: Trial, seven: bytes
) -> None:
    """The old version's worker stands still around the switch, with all that the clients asked in its hands."""
    steps: list[str] = []
    (old,), before = workers(node), deployment.read(node)
    assert before
    live = before.current.version

    def tell(step: str) -> None:
        steps.append(step)
        if "agreement" in step:
            os.kill(old, signal.SIGSTOP)
        if step == "2.0 is the default":
            threading.Timer(1.0, os.kill, (old, signal.SIGCONT)).start()

    with crowd(found(node), seven) as counted:
        more(counted, live, 200)
        deployed = Rollout(found(node), tell=tell).forward(repacked("2.0"), trial)
        more(counted, "2.0", 200)
        assert served(node)["modelVersion"] == served(node, registrations.EXPLAINER.name)["modelVersion"] == "2.0"
        Rollout(found(node), tell=tell).back()
        more(counted, live, 200)
    assert counted.keys() == {live, "2.0"}, counted
    assert (deployed.current.version, deployed.before) == ("2.0", (*before.before, before.current))
    assert deployment.read(node) == before
    assert served(node)["modelUrl"] == before.current.file
    assert found(node).archive == before.current.sha256
    compared = re.compile(r"1000 images: agreement 100.00%, largest difference of a probability (\S+);?")
    (distance,) = [match[1] for step in steps if (match := compared.search(step))]
    assert float(distance.rstrip(",;")) < 1e-6, steps  # batches of other sizes may round otherwise


def test_a_version_leaves_when_its_worker_has_nothing_in_hand(
    node: Path, repacked: Callable[..., Archive], seven: bytes
) -> None:
    """Its queue is empty, for the only request is with its worker, which stands still."""
    new, live = deployment.keep(node, repacked("2.1")), served(node)["modelVersion"]
    with found(node).manage() as management, ThreadPoolExecutor() as pool, Asker(found(node)) as asker:
        management.register(new.file)
        (worker,) = workers(node, "2.1")
        os.kill(worker, signal.SIGSTOP)
        image = np.frombuffer(seven, dtype=np.uint8).reshape(1, 28, 28)
        asked = pool.submit(asker.probabilities, "2.1", image)
        until(lambda: any(stacks.holds_work(stack, "digits_2.1") for stack in threads(node)), 20)
        assert management.describe("2.1")[0]["jobQueueStatus"]["pendingRequests"] == 0
        with pytest.raises(RetirementError, match=r"digits 2\.1 still has work"):
            retire(found(node), management, "2.1", seconds=0.5)
        leaving = pool.submit(retire, found(node), management, "2.1")
        os.kill(worker, signal.SIGCONT)
        assert asked.result().argmax() == 7
        leaving.result()
    assert served(node)["modelVersion"] == live


def threads(node: Path) -> list[str]:
    return stacks.of(found(node).pid, found(node).console)


def test_scaling_under_64_clients(node: Path, seven: bytes) -> None:
    live = served(node)["modelVersion"]
    with crowd(found(node), seven) as counted:
        for number in (2, 1, 3, 1):
            scaling.scale(found(node), number)
            assert len(workers(node)) == number
            more(counted, live, 300)
    assert counted.keys() == {live}, counted


def test_workers_leave_without_load_too(node: Path) -> None:
    scaling.scale(found(node), 2)
    before = workers(node)
    scaling.scale(found(node), 1)
    (left,) = workers(node)
    assert [pid for pid in before if Path(f"/proc/{pid}").exists()] == [left]


def test_a_version_that_misses_its_golden_samples_is_refused(node: Path, repacked: Callable[..., Archive]) -> None:
    def spoil(name: str, content: bytes) -> bytes:
        return content[:-2] + bytes([content[-2] ^ 0xFF]) + content[-1:] if name == "model.safetensors" else content

    live = served(node)["modelVersion"]
    done = rollout(node, str(repacked("3.0", spoil).path), "--images", "64")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: 3.0 does not load: Failed to load model ")
    assert "golden probabilities are missed by" in line
    assert served(node)["modelVersion"] == served(node, registrations.EXPLAINER.name)["modelVersion"] == live
    found(node).wait_ready()  # the log's failure is another version's


def test_a_version_that_reads_other_digits_is_refused(
    node: Path, bundle_path: Path, trial: Trial, tmp_path: Path
) -> None:
    """It does what its own training says, and its golden samples with it, so that only the comparison can tell."""
    live = served(node)["modelVersion"]
    sealed, _ = pack(bundle_path, recipe.drawn(*range(10)), tmp_path, Release("4.0"))
    with pytest.raises(
        RolloutError, match=r"agreement is \d+\.\d+%, and 99\.00% is wanted; accuracy is .*% is allowed"
    ):
        Rollout(found(node), tell=lambda _: None).forward(recorded(sealed, "4.0"), trial)
    assert served(node)["modelVersion"] == served(node, registrations.EXPLAINER.name)["modelVersion"] == live


def test_a_version_that_is_slow_is_refused(node: Path, repacked: Callable[..., Archive], trial: Trial) -> None:
    sleeps = b"""
import time
_answers = InferenceHandler.answers
InferenceHandler.answers = lambda self, batch: (time.sleep(0.05), _answers(self, batch))[1]
"""
    slow = repacked("4.1", lambda name, content: content + sleeps * (name == "inference_handler.py"))
    assert trial.held_out
    live = served(node)["modelVersion"]
    short = Trial(held_out=HeldOut(trial.held_out.images[:64], None), timed=10)
    with pytest.raises(RolloutError, match=r"^latency p95 is \d+\.\d\d ms, and \d+\.\d\d ms is allowed$"):
        Rollout(found(node), tell=lambda _: None).forward(slow, short)
    assert served(node)["modelVersion"] == live


def test_the_live_version_is_not_rolled_out_again(node: Path, repacked: Callable[..., Archive]) -> None:
    live = served(node)["modelVersion"]
    with pytest.raises(RolloutError, match=rf"^{re.escape(live)} is the live version"):
        Rollout(found(node), tell=lambda _: None).forward(repacked(live), Trial())


def test_what_a_killed_rollout_left_is_removed_by_the_next(
    node: Path, repacked: Callable[..., Archive], seven: bytes
) -> None:
    command: list[Path | str] = [paths.ROOT / "scripts" / "rollout", "--directory", node, repacked("5.0").path]
    live = served(node)["modelVersion"]
    with crowd(found(node), seven, 4) as counted, found(node).manage() as management:
        with bounded(subprocess.Popen(command, stdout=subprocess.DEVNULL)):
            until(lambda: len(management.describe("all")) == 2, 30)
        with pytest.raises(deployment.DeploymentError), deployment.changing(node), deployment.changing(node):
            pass  # the killed one's lock is gone, or the outer one would have raised
        Rollout(found(node), tell=lambda _: None).forward(repacked("6.0"), Trial())
    assert served(node)["modelVersion"] == "6.0"
    assert counted.keys() <= {live, "6.0"}, counted


def test_a_rollout_that_was_killed_after_the_switch_counts(node: Path, repacked: Callable[..., Archive]) -> None:
    live = deployment.read(node)
    assert live
    new = deployment.keep(node, repacked("7.0"))
    with found(node).manage() as management:
        management.register(new.file)
        management.set_default("7.0")
    Rollout(found(node), tell=lambda _: None).back()
    assert deployment.read(node) == live
    assert not (deployment.store(node) / new.file).exists()
    assert served(node)["modelVersion"] == live.current.version


def test_rollbacks_lead_back_and_never_forward(node: Path, repacked: Callable[..., Archive]) -> None:
    oldest = served(node)["modelVersion"]
    for version in ("7.1", "7.2"):
        Rollout(found(node), tell=lambda _: None).forward(repacked(version), Trial(Gates(factor=50.0)))
    history = [line.split()[-2] for line in rollout(node, "--history").stdout.splitlines()]
    assert history[:3] == ["7.2", "7.1", oldest]
    for version in ("7.1", oldest):
        assert rollout(node, "--rollback").returncode == 0
        assert served(node)["modelVersion"] == version
    deployed = deployment.read(node)
    assert deployed
    deployment.write(node, replace(deployed, before=()))
    done = rollout(node, "--rollback")
    assert (done.returncode, done.stderr) == (1, f"error: nothing older than {oldest} is left to go back to\n")
    assert served(node)["modelVersion"] == oldest


def test_an_archive_that_a_user_puts_into_the_model_store_is_registered_and_stays(
    node: Path, repacked: Callable[..., Archive]
) -> None:
    """By the management API alone, as docs/operations.md shows it."""
    own = deployment.store(node) / "mine.mar"
    own.write_bytes(repacked("7.3").path.read_bytes())
    with found(node).manage() as management:
        management.register(own.name)
        assert len(management.describe("7.3")[0]["workers"]) == 1
        management.unregister("7.3")
    Rollout(found(node), tell=lambda _: None).forward(repacked("7.4"), Trial(Gates(factor=50.0)))
    Rollout(found(node), tell=lambda _: None).back()
    assert own.exists()


def test_a_restart_serves_what_was_rolled_out_with_as_many_workers(node: Path) -> None:
    scaling.scale(found(node), 2)
    running, live = found(node), deployment.read(node)
    assert live
    os.kill(running.pid, signal.SIGKILL)
    until(lambda: server.find(node) not in (running, None) and states(node) == [READY, READY], 60)
    assert found(node).archive == live.current.sha256
    assert served(node)["modelVersion"] == live.current.version
    scaling.scale(found(node), 1)


def test_a_canary_gets_its_share(node: Path, repacked: Callable[..., Archive], trial: Trial, seven: bytes) -> None:
    live = served(node)["modelVersion"]
    with outside(node, seven) as counted:
        more(counted, live, 20)
        shared = replace(trial, canary=Canary(50, 3))
        Rollout(found(node), gateway.find(node), lambda _: None).forward(repacked("8.0"), shared)
        during = dict(counted)
        more(counted, "8.0", 20)
    assert counted.keys() == {live, "8.0"}, counted
    assert during["8.0"] > 20
    assert served(node)["modelVersion"] == "8.0"


def test_a_canary_whose_worker_dies_goes(
    node: Path, repacked: Callable[..., Archive], trial: Trial, seven: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Errors of the requests that it had in hand may be seen first, so here they are no reason."""
    monkeypatch.setattr(canary, "_ERRORS", 1.0)

    def killed() -> None:
        more(counted, "9.0", 5)
        os.kill(workers(node, "9.0")[0], signal.SIGKILL)

    shared, archive, live = replace(trial, canary=Canary(50, 30)), repacked("9.0"), served(node)["modelVersion"]
    with outside(node, seven) as counted:
        killer = threading.Thread(target=killed)
        killer.start()
        with pytest.raises(RolloutError, match=r"^a worker of 9\.0 died while it was a canary$"):
            Rollout(found(node), gateway.find(node), lambda _: None).forward(archive, shared)
        killer.join()
        more(counted, live, 20)
    assert counted.keys() == {live, "9.0"}, counted
    assert served(node)["modelVersion"] == live


def test_workers_follow_the_load(node: Path, seven: bytes) -> None:
    """The load is photographs: each costs a worker milliseconds, whatever else this machine does."""
    photograph = BytesIO()
    Image.frombytes("L", (28, 28), seven).resize((1400, 1400)).save(photograph, "PNG")
    steps: list[str] = []
    live = served(node)["modelVersion"]
    over = threading.Event()
    rule = Rule(1, 2, slow=0.06, up=0.5, down=1.0)
    loop = threading.Thread(target=scaling.follow, args=(node, rule, steps.append, over.wait, 0.1))
    loop.start()
    try:
        with crowd(found(node), photograph.getvalue(), 16) as counted:
            until(lambda: len(workers(node)) == 2, 30)
        until(lambda: len(workers(node)) == 1, 30)
    finally:
        over.set()
        loop.join()
    assert [step.partition(" workers")[0] for step in steps if "->" in step] == ["1 -> 2", "2 -> 1"], steps
    assert re.fullmatch(r"1 worker: \d+ wait, an answer takes \d+ ms", steps[0]), "the first look is reported"
    assert counted.keys() == {live}, counted


@contextmanager
def outside(node: Path, image: bytes) -> Iterator[Counter[str]]:
    """Eight clients of the gateway."""
    door = gateway.find(node)
    if not door:
        pytest.skip("no HAProxy: scripts/test installs it where apt-get may")
    key = clients.add(door.clients, clients.Client("crowd", quotas.SCOPES, 100_000, clients.in_days(1)))
    door.refresh()
    address, trust = door.url.removeprefix("https://"), ssl.create_default_context(cafile=str(door.certificate))
    headers = {"Authorization": f"Bearer {key}"}
    with asking(lambda: http.client.HTTPSConnection(address, context=trust), headers, image, 8) as counted:
        yield counted


def rollout(node: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["scripts/rollout", "--directory", str(node), *arguments]
    return subprocess.run(command, cwd=paths.ROOT, capture_output=True, text=True, check=False, timeout=120)
