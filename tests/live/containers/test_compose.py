"""deploy/compose on two hosts behind the edge. The last test replaces both nodes."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import httpx
import pytest

from scripts.building.engine import Engine, EngineError

from ..conftest import until
from . import compose, service
from .compose import Host
from .conftest import SUCCESSOR, Image, base
from .service import Service

_PROMETHEUS = "docker.io/prom/prometheus:v3.5.0"
_STAND_IN = "localhost/digits-prometheus:tests"
_DOCKERFILE = """
FROM {base}
COPY prometheus /bin/prometheus
RUN install --directory --owner 65534 --group 65534 /prometheus
ENTRYPOINT ["/bin/prometheus"]
"""


def version(image: str) -> str:
    """Return the value of DIGITS_VERSION for an image."""
    return image.rpartition(":")[2]


@pytest.fixture(scope="module")
def prometheus(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the Prometheus image of the compose file, or one made from the local program. Empty without either."""
    with suppress(EngineError):
        engine.inspect(_PROMETHEUS)
        return _PROMETHEUS
    if not (program := shutil.which("prometheus")):
        return ""
    folder = tmp_path_factory.mktemp("prometheus")
    shutil.copy(program, folder / "prometheus")
    (folder / "Dockerfile").write_text(_DOCKERFILE.format(base=base(engine)))
    engine.run("build", "--quiet", "--tag", _STAND_IN, str(folder))
    return _STAND_IN


@pytest.fixture(scope="module")
def hosts(
    engine: Engine, image: Image, prometheus: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Service, dict[str, Host]]]:
    """Yield the edge and two hosts with started nodes. The first host has Prometheus, too."""
    if not shutil.which("podman-compose"):
        pytest.skip("podman-compose is not installed: scripts/test installs it where apt-get may")
    folder, block = tmp_path_factory.mktemp("compose"), service.block()
    known = service.credentials(folder)
    images = {"prometheus": prometheus} if prometheus else {}
    changed = compose.differences(folder, images)
    mounted = compose.secrets(known, folder / "secrets")
    names = {"one": f"{block}.1", "two": f"{block}.2"}
    named_hosts = {
        name: Host(engine, f"digits-{name}-{block.replace('.', '-')}", address, changed, mounted)
        for name, address in names.items()
    }
    nodes = {name: f"{host.address}:{compose.PORT}" for name, host in named_hosts.items()}
    with ExitStack() as stack:
        front = stack.enter_context(service.running(nodes, known, f"{block}.254", folder))
        for host in named_hosts.values():
            stack.callback(host.remove)
            host.up("node", version=version(image.name))
        if prometheus:
            named_hosts["one"].up("prometheus", version=version(image.name))
        yield front, named_hosts


def test_its_node_gets_healthy_with_its_secrets(hosts: tuple[Service, dict[str, Host]], seven: bytes) -> None:
    front, named_hosts = hosts
    front.wait_in(*named_hosts)  # first, because health checks by the engine take far more CPU time
    for host in named_hosts.values():
        until(host.healthy, 10)
    assert front.versions(seven), "the edge trusts the certificates, and the nodes know the key"


def test_its_prometheus_watches_the_node(hosts: tuple[Service, dict[str, Host]], prometheus: str) -> None:
    if not prometheus:
        pytest.skip(f"{_PROMETHEUS} is not here, and neither is Debian's package: scripts/test brings that")
    address = hosts[1]["one"].address
    with httpx.Client(base_url=f"http://{address}:{compose.PROMETHEUS_PORT}", trust_env=False) as http:

        def values() -> list[str]:
            try:
                answer = http.get("/api/v1/query", params={"query": "inference_ready"})
            except httpx.TransportError:
                return []
            return [sample["value"][1] for sample in answer.json()["data"]["result"]] if answer.is_success else []

        until(lambda: values() == ["1"], 30)
        assert http.get("/api/v1/rules").json()["data"]["groups"], "deploy/prometheus/rules.yml"


def test_hosts_are_replaced_one_after_the_other_and_no_request_fails(
    hosts: tuple[Service, dict[str, Host]], image: Image, successor: str, seven: bytes
) -> None:
    front, named_hosts = hosts
    with front.unharmed():
        for name, host in named_hosts.items():
            host.down("node", version=version(image.name))
            host.up("node", version=version(successor))
            front.wait_in(name)
    assert front.versions(seven) == {SUCCESSOR}
