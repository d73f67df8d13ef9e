"""Three pods of deploy/kubernetes behind the edge: no request fails, whatever happens to one pod."""

import re
import shutil
import ssl
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from scripts.building.engine import Engine
from tests.unit.deploy import manifests

from . import pods, service
from .conftest import SUCCESSOR, Image
from .pods import Overlay, Pod
from .service import Credentials, Service

_PODS, _MOST = 3, 7  # pods at first, and with those that replace them


@dataclass
class Fleet:
    """Pods of a Deployment as a cluster has them: each new pod has a new name and a new address."""

    engine: Engine
    known: Credentials
    folder: Path
    block: str
    pods: dict[str, Pod] = field(default_factory=dict)  # by their names at the edge
    pod_count: int = 0

    @property
    def word(self) -> str:
        """Return a word that all names of this fleet contain, and no other names."""
        return f"{self.block.replace('.', '-')}-"

    @property
    def addresses(self) -> dict[str, str]:
        return {f"pod{number}": f"{self.block}.{number}" for number in range(1, _MOST + 1)}

    def add(self, image: str) -> str:
        """Start a pod, and return its name."""
        self.pod_count += 1
        name = f"pod{self.pod_count}"
        folder = self.folder / name
        folder.mkdir()
        overlay = Overlay(image, f"{self.word}{name}", self.addresses[name], self.known, folder)
        self.pods[name] = pods.start(self.engine, overlay)
        return name


@pytest.fixture(scope="module")
def fleet(engine: Engine, image: Image, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, Fleet]]:
    if not shutil.which("kubectl"):
        pytest.skip("kubectl, which renders the manifests, is not installed")
    folder = tmp_path_factory.mktemp("kubernetes")
    known = service.credentials(folder)
    replicas = Fleet(engine, known, folder, service.block())
    nodes = {name: f"{address}:{pods.PORT}" for name, address in replicas.addresses.items()}
    with service.running(nodes, known, f"{replicas.block}.254", folder) as front:
        try:
            front.wait_in(*[replicas.add(image.name) for _ in range(_PODS)])
            yield front, replicas
        finally:
            pods.remove(engine, replicas.word)


def test_a_pod_may_do_what_the_manifest_allows(fleet: tuple[Service, Fleet]) -> None:
    pod = fleet[1].pods["pod1"]
    host, status = pod.inspect()["HostConfig"], pod.exec("cat", "/proc/1/status")
    assert host["ReadonlyRootfs"]
    assert host["Memory"] == 3 << 30
    assert host["NanoCpus"] == 2_000_000_000
    for name, value in {
        "Uid": "10001",
        "CapEff": "0" * 16,
        "CapBnd": "0" * 16,
        "NoNewPrivs": "1",
        "Seccomp": "2",
    }.items():
        assert re.search(rf"^{name}:\t{value}\b", status, re.MULTILINE), name


def test_its_probes_are_answered(fleet: tuple[Service, Fleet]) -> None:
    """The test asks as kubelet does: by address, without a check of the host name in the certificate."""
    (container,) = manifests.pods()["deployment"]["containers"]
    trust = ssl.create_default_context(cafile=fleet[1].known.authority.certificate)
    trust.check_hostname = False
    address = fleet[1].pods["pod1"].address
    with httpx.Client(base_url=f"https://{address}", verify=trust, trust_env=False) as http:
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            assert http.get(container[probe]["httpGet"]["path"]).is_success, probe


def test_a_killed_pod_starts_again_and_no_request_fails(fleet: tuple[Service, Fleet]) -> None:
    front, pod = fleet[0], fleet[1].pods["pod1"]
    with front.unharmed():
        pod.kill()
        front.wait_out("pod1")
        front.wait_in("pod1")
    assert pod.inspect()["RestartCount"] == 1


def test_a_version_is_rolled_out_and_no_request_fails(
    fleet: tuple[Service, Fleet], successor: str, seven: bytes
) -> None:
    """As a cluster with maxSurge 1 and maxUnavailable 0: a new pod is ready before an old one ends."""
    front, replicas = fleet
    old = dict(replicas.pods)
    with ThreadPoolExecutor() as executor, front.unharmed():
        ends: list[Future[int]] = []
        for pod in old.values():
            front.wait_in(replicas.add(successor))
            ends.append(executor.submit(pod.stop))
        assert [end.result() for end in ends] == [0] * _PODS, "they drained"
        front.wait_out(*old)
    assert front.versions(seven) == {SUCCESSOR}
