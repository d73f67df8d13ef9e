"""A second model on a node that serves digits: add, query, roll out, scale, restart and remove it.

Clients of digits send requests meanwhile, and each of them gets a right answer.
"""

import os
import signal
import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest

from inference import golden
from serving import audit
from serving.archives.record import Archive
from serving.declared import build, folder, resolution
from serving.gateway import clients, gateway, haproxy
from serving.gateway.clients import Client
from serving.node import deployment, models
from serving.torchserve import server
from tests import declared

from ..conftest import until
from ..crowd import crowd
from .conftest import READY, command, more, repack, served, server_of, states

pytestmark = pytest.mark.usefixtures("restored")
EXPLAINER = "iris.explainer"
ROW = [5.1, 3.5, 1.4, 0.2]


@pytest.fixture(scope="module")
def iris(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    path = tmp_path_factory.mktemp("iris")
    return build.build(resolution.resolve(folder.read(declared.folder(path))), path / "iris.mar", "1.0")


@pytest.fixture(scope="module")
def broken(iris: Archive) -> Archive:
    """Return a model that does not reproduce its reference outputs, so that none of its workers becomes READY."""

    def change(member: str, content: bytes) -> bytes:
        return content[:-4] + b"\0\0\0\x42" if member == golden.FILE else content

    return repack(iris, iris.path.parent, "1.0", change, "broken")


@pytest.fixture(scope="module")
def http(node: Path) -> Iterator[httpx.Client]:
    """Yield a client of the gateway."""
    if not haproxy.find():
        pytest.skip("no HAProxy: scripts/test installs it where apt-get may")
    door = gateway.find(node)
    assert door
    key = clients.add(door.clients, Client("models", rate=100_000, expires=clients.in_days(1)))
    door.refresh()
    trust = ssl.create_default_context(cafile=str(door.certificate))
    with httpx.Client(base_url=door.url, timeout=60, trust_env=False, verify=trust) as client:
        client.headers["Authorization"] = f"Bearer {key}"
        yield client


def succeed(node: Path, name: str, *words: str) -> str:
    """Run a command that must succeed, and return its output."""
    ended = command(node, name, *words)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def ask(http: httpx.Client, name: str = "iris", **headers: str) -> httpx.Response:
    return http.post(f"/predictions/{name}", json={"x": ROW}, headers=headers)


def registered(node: Path) -> set[str]:
    with server_of(node).manage() as management:
        return set(management.models())


def answered_by(http: httpx.Client) -> str:
    """Check that the answer is right, and return the version that gave it."""
    answer = ask(http).json()
    scores = declared.logits(np.array([ROW], dtype=np.float32))[0]
    assert answer["label"] == declared.LABELS[int(scores.argmax())]
    return str(answer["model"]["version"])


def test_a_second_model_lives_and_leaves_under_load_on_the_first(
    node: Path, iris: Archive, broken: Archive, http: httpx.Client, seven: bytes
) -> None:
    live, second = served(node)["modelVersion"], repack(iris, iris.path.parent, "2.0")
    with crowd(server_of(node), seven, 16, pause=0.1) as counted:
        more(counted, live, 50)
        assert ask(http).status_code == 404
        assert "iris 1.0 is served" in succeed(node, "models", "add", str(iris.path))
        assert answered_by(http) == "1.0"
        assert EXPLAINER not in registered(node)
        explained = http.post("/explanations/iris", json={"x": ROW})
        assert (explained.status_code, len(explained.json()["attributions"])) == (200, len(ROW))
        assert EXPLAINER in registered(node)
        refused = command(node, "models", "add", str(broken.path))
        assert refused.stderr.startswith("error: broken is not served: Failed to load model broken,")
        assert (refused.returncode, ask(http, "broken").status_code) == (1, 404)
        succeed(node, "rollout", str(second.path), "--factor=50")
        assert answered_by(http) == "2.0"
        succeed(node, "scale", "2", "--model", "iris")
        assert states(node, "iris") == [READY, READY]
        assert succeed(node, "models").splitlines()[2].split()[:4] == ["iris", "2.0", "2/2", READY]
        succeed(node, "rollout", "--rollback", "--model", "iris")
        assert answered_by(http) == "1.0"
        assert succeed(node, "rollout", "--history", "--model", "iris").split()[:2] == ["live", "1.0"]
        succeed(node, "models", "remove", "iris")
        assert ask(http).status_code == 404
        assert not {"iris", EXPLAINER} & registered(node)
        more(counted, live, 50)
    assert counted.keys() == {live}, counted
    assert list(deployment.added(node)) == []
    lines = [line for line in (node / audit.FILE).read_text().splitlines() if '"model": "broken"' in line]
    assert '"outcome": "failed: broken is not served' in lines[-1]


def test_a_restart_serves_what_was_added_and_reports_what_does_not_load(
    node: Path, iris: Archive, broken: Archive, http: httpx.Client
) -> None:
    succeed(node, "models", "add", str(iris.path))
    succeed(node, "scale", "2", "--model", "iris")
    deployment.add(node, broken)  # as if no server were running
    running = server_of(node)
    os.kill(running.pid, signal.SIGKILL)
    until(lambda: server.find(node) not in (running, None) and models.failures(node), 90)
    assert models.failures(node)["broken"].startswith("Failed to load model broken,")
    assert states(node, "iris") == [READY, READY]
    assert answered_by(http) == "1.0"
    assert states(node) == [READY]
    until(lambda: ask(http, "broken").status_code == 404, 10)
    listed = command(node, "models")
    assert [line.split()[2:4] for line in listed.stdout.splitlines()[2:]] == [["2/2", READY], ["0/1", "failed"]]
    assert "broken failed to load: Failed to load model" in listed.stderr
    for name in ("broken", "iris"):
        succeed(node, "models", "remove", name)
    assert (models.failures(node), list(deployment.added(node))) == ({}, [])


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["add", "digits"], "digits * is served already: scripts/rollout serves another version"),
        (["add", "missing"], "there is no archive */model_store/missing.mar: build it with scripts/package"),
        (["add", "README.md"], "README.md has no readable record beside it: build it with scripts/package"),
        (["remove", "digits"], "digits is the main model of this node: it cannot be removed while the node runs"),
        (["remove", "iris"], "iris is not served: scripts/models lists the served models"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_added_or_removed_is_told_in_one_line(node: Path, words: list[str], sentence: str) -> None:
    ended = command(node, "models", *words)
    start, _, end = sentence.partition("*")
    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert line.startswith(f"error: {start.strip()}")
    assert line.endswith(end)
