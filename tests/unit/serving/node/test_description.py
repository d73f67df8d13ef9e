"""The OpenAPI document of the registered models before, during and after changes."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from inference.spec import ModelSpec
from model import SPEC
from serving.archives import seal
from serving.node import description
from serving.node.description import Description
from serving.openapi.interface import FILE, Interface
from serving.torchserve import properties, server
from tests.models import table
from tests.unit.serving import fake_torchserve
from tests.unit.serving.fake_torchserve import Fake, Version


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[Fake]:
    with fake_torchserve.fake(tmp_path / "run") as started:
        settings = properties.read(started.server.directory / "config.properties")
        file = started.server.directory / "config.properties"
        properties.write(settings | {"model_store": str(tmp_path)}, file)
        yield started


@pytest.fixture
def described(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> Callable[[], dict[str, Any]]:
    """Return the description of the node, read again each time."""
    monkeypatch.setattr(description, "_FRESH", 0.0)
    monkeypatch.setattr(server, "find", lambda _directory: fake.server)
    node = Description(fake.server.directory)

    def ask() -> dict[str, Any]:
        status, kind, body = node.page()
        document: dict[str, Any] = yaml.safe_load(body)
        assert (status, kind) == ((200, "application/yaml") if "paths" in document else (503, "application/json"))
        return document

    return ask


def archive(path: Path, spec: ModelSpec | None) -> str:
    """Write an archive with the interface of a model, or without one."""
    path.write_bytes(seal.seal({FILE: Interface.of(spec).content()} if spec else {}))
    return path.name


def register(fake: Fake, name: str, file: str) -> None:
    fake.models[name], fake.defaults[name] = {"1.0": Version(file, [])}, "1.0"


def test_models_come_and_go(fake: Fake, described: Callable[[], dict[str, Any]], tmp_path: Path) -> None:
    assert described() == {"status": "no model is registered yet"}
    digits, flowers = archive(tmp_path / "digits.mar", SPEC), archive(tmp_path / "flowers.mar", table.SPEC)
    register(fake, "digits", digits)
    assert described()["info"]["title"] == "digits"
    for name in ("explainer", "uploads"):
        register(fake, name, digits)
    register(fake, "flowers", flowers)
    document = described()
    assert document["info"]["title"] == "digits, flowers"
    assert {"/predictions/flowers", "/explanations/explainer", "/explanations/digits"} <= document["paths"].keys()
    assert not any("uploads" in path for path in document["paths"])
    del fake.models["flowers"]
    assert described()["info"]["title"] == "digits"


def test_after_a_rollout_it_is_the_new_versions(
    fake: Fake, described: Callable[[], dict[str, Any]], tmp_path: Path
) -> None:
    register(fake, "flowers", archive(tmp_path / "flowers-1.mar", table.SPEC))
    before = described()["components"]["schemas"]["flowers.Label"]["enum"]
    fake.models["flowers"]["2.0"] = Version(archive(tmp_path / "2.mar", table.SPEC.labelled(["a", "b"])), [])
    assert described()["components"]["schemas"]["flowers.Label"]["enum"] == before == list(table.SPEC.output.labels)
    fake.defaults["flowers"] = "2.0"
    assert described()["components"]["schemas"]["flowers.Label"]["enum"] == ["a", "b"]


def test_a_model_has_the_name_that_it_is_registered_under(
    fake: Fake, described: Callable[[], dict[str, Any]], tmp_path: Path
) -> None:
    register(fake, "iris", archive(tmp_path / "flowers.mar", table.SPEC))
    assert "/predictions/iris" in described()["paths"]


def test_while_torchserve_does_not_answer_it_is_the_last_one(
    fake: Fake, described: Callable[[], dict[str, Any]], tmp_path: Path
) -> None:
    register(fake, "digits", archive(tmp_path / "digits.mar", SPEC))
    document = described()
    fake.refused["GET /models"] = 500
    assert described() == document
    fake_torchserve.end(fake.server)
    assert described() == document


def test_an_archive_without_an_interface_is_left_out(
    fake: Fake, described: Callable[[], dict[str, Any]], tmp_path: Path
) -> None:
    register(fake, "digits", archive(tmp_path / "digits.mar", SPEC))
    register(fake, "old", archive(tmp_path / "old.mar", None))
    assert described()["info"]["title"] == "digits"


def test_a_crowd_costs_torchserve_one_look(fake: Fake, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    register(fake, "digits", archive(tmp_path / "digits.mar", SPEC))
    monkeypatch.setattr(description, "_FRESH", 3600.0)
    monkeypatch.setattr(server, "find", lambda _directory: fake.server)
    node = Description(fake.server.directory)
    first = node.page()
    fake.models.clear()
    register(fake, "flowers", archive(tmp_path / "flowers.mar", table.SPEC))
    assert all(node.page() == first for _ in range(100))
