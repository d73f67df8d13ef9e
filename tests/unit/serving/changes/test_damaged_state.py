"""Damaged state files of a node: the error comes before the change begins, also if the file is read last."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from scripts.arguments import parse
from scripts.commands import clients, rollout, serve
from serving.archives.admission import RefusedError
from serving.changes import models, scaling
from serving.errors import UserError
from serving.gateway.gateway import clients_file
from serving.node import deployment
from serving.state import StateError
from serving.torchserve import server

from .conftest import LENIENT, Scene

Change = Callable[[Scene], object]
CHANGES: dict[str, Change] = {
    "scale": lambda scene: scaling.scale(scene.fake.server, 2),
    "roll out": lambda scene: scene.rollout.forward(scene.archive("3.0"), LENIENT),
    "roll back": lambda scene: scene.rollout.back(),
    "roll back a stopped node": lambda scene: rollout.go_back(scene.directory, ""),
    "add": lambda scene: models.add(scene.directory, scene.archive("3.0"), scene.fake.server, scene.door),
    "remove": lambda scene: models.remove(scene.directory, "iris", scene.fake.server, scene.door),
    "remove from a stopped node": lambda scene: models.remove(scene.directory, "iris", None, None),
}
FILES = ("deployment.json", "models.json", "copies.json", "failed.json")


@pytest.fixture
def changed(scene: Scene) -> Scene:
    """Return a node with a version to roll back to and with another model."""
    new = deployment.add_to_store(scene.directory, scene.archive("2.0"))
    deployment.write(scene.directory, scene.deployed.after(new))
    scene.fake.serve("2.0", new.file)
    iris = replace(scene.deployed, current=replace(new, name="iris"), before=())
    deployment.include(scene.directory, iris)
    scene.fake.models["iris"] = {"2.0": scene.fake.models["digits"]["2.0"]}
    scene.fake.defaults["iris"] = "2.0"
    return scene


def state(directory: Path) -> dict[str, bytes]:
    """Return the content of all files, except those that record the attempt of a change."""
    files = (
        path for path in directory.rglob("*") if path.is_file() and path.name not in ("audit.log", "deployment.lock")
    )
    return {str(path.relative_to(directory)): path.read_bytes() for path in files}


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("change", CHANGES)
def test_a_change_does_nothing_if_a_file_is_damaged(changed: Scene, change: str, file: str) -> None:
    (changed.directory / file).write_text("[]")
    before = state(changed.directory)
    with pytest.raises(StateError, match=f"{file} is damaged .*: remove it"):
        CHANGES[change](changed)
    assert changed.fake.calls == []
    assert changed.gateway.models == []
    assert state(changed.directory) == before


def test_a_model_of_a_server_that_does_not_answer_keeps_its_route(changed: Scene) -> None:
    changed.fake.refused["GET /models/iris/all"] = 500
    (changed.directory / "key_file.json").write_text("{}")
    with pytest.raises(UserError, match=r"key_file\.json has no"):
        CHANGES["remove"](changed)
    assert changed.gateway.models == []
    assert "iris" in deployment.added(changed.directory)


def test_a_client_gets_no_key_if_the_served_models_are_not_known(changed: Scene) -> None:
    (changed.directory / "models.json").write_text("[]")
    words = ["--directory", str(changed.directory), "add", "me", "--models", "iris"]
    with pytest.raises(StateError, match=r"models\.json is damaged"):
        clients.run(parse("clients", words))
    assert not clients_file(changed.directory).exists()


def test_a_server_runs_on_if_the_archive_that_replaces_it_is_refused(changed: Scene) -> None:
    built = changed.archive("3.0")
    built.path.write_bytes(b"altered")
    server.remember(changed.fake.server)
    with pytest.raises(RefusedError, match="was altered"):
        serve.renew(changed.directory, True, built.path)
    assert changed.fake.server.running


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--canary", "101"], "--canary takes 0 to 100 percent, not 101"),
        (["--canary", "-1"], "--canary takes 0 to 100 percent, not -1"),
        (["--images", "0"], "--images takes 1 or more, not 0"),
    ],
)
def test_a_rollout_that_no_gateway_and_no_comparison_takes_is_a_wrong_argument(
    words: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parse("rollout", ["new.mar", *words])
    assert reason in capsys.readouterr().err
