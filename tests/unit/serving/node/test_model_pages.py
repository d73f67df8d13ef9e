"""Responses about registered models before, during and after changes."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from model import SPEC
from serving.archives import seal
from serving.node import inventory
from serving.node.model_pages import ModelPages
from serving.openapi.interface import FILE, Interface
from serving.torchserve import properties, server
from tests.models import table
from tests.unit.serving import fake_torchserve
from tests.unit.serving.fake_torchserve import READY, STARTING, Fake, Version

Get = Callable[[str], tuple[int, Any]]


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fake]:
    """Yield a fake with digits 1.0, and with flowers: 2.0 is the default, and 3.0 loads."""
    monkeypatch.setattr(inventory, "_FRESH", 0.0)
    with fake_torchserve.fake(tmp_path / "run") as started:
        monkeypatch.setattr(server, "find", lambda _directory: started.server)
        file = started.server.directory / "config.properties"
        properties.write(properties.read(file) | {"model_store": str(tmp_path)}, file)
        for name, spec, versions in (("digits", SPEC, ["1.0"]), ("flowers", table.SPEC, ["2.0", "3.0"])):
            for version in versions:
                labelled = spec.labelled(["a", "b"]) if version == "3.0" else spec
                archive = tmp_path / f"{name}-{version}.mar"
                archive.write_bytes(seal.seal({FILE: Interface.of(labelled).content()}))
                status = STARTING if version == "3.0" else READY
                registered = Version(archive.name, [{"pid": 1, "status": status}])
                started.models.setdefault(name, {})[version] = registered
            started.defaults[name] = versions[0]
        started.models["uploads"], started.defaults["uploads"] = started.models["digits"], "1.0"
        yield started


@pytest.fixture
def draining() -> list[bool]:
    return []


@pytest.fixture
def get(fake: Fake, draining: list[bool]) -> Get:
    pages = ModelPages(fake.server.directory, lambda: not draining)

    def ask(path: str) -> tuple[int, Any]:
        status, kind, body = pages.page(path)
        assert kind == "application/json"
        return status, json.loads(body)

    return ask


def test_metadata_is_the_default_versions(get: Get) -> None:
    status, metadata = get("/v2/models/flowers")
    assert (status, metadata["name"], metadata["versions"]) == (200, "flowers", ["2.0", "3.0"])
    assert metadata["parameters"]["labels"] == list(table.SPEC.output.labels)
    assert get("/v2/models/flowers/versions/3.0")[1]["parameters"]["labels"] == ["a", "b"]
    assert get("/v2/models/digits")[1]["inputs"][0]["shape"] == [-1, 28, 28]


@pytest.mark.parametrize(
    ("path", "status", "ready"),
    [
        ("/v2/models/digits/ready", 200, True),
        ("/v2/models/flowers/ready", 200, True),
        ("/v2/models/flowers/versions/2.0/ready", 200, True),
        ("/v2/models/flowers/versions/3.0/ready", 503, False),
    ],
)
def test_a_model_is_ready_while_a_worker_of_its_own_is(get: Get, path: str, status: int, ready: bool) -> None:
    assert get(path) == (status, {"name": path.split("/")[3], "ready": ready})


def test_nothing_is_ready_while_the_node_drains(get: Get, draining: list[bool]) -> None:
    draining.append(True)
    assert get("/v2/models/digits/ready")[0] == 503
    assert not get("/v1/models/digits")[1]["ready"]


def test_the_state_of_each_version_is_told(get: Get) -> None:
    status, state = get("/v1/models/flowers")
    states = {entry["version"]: entry["state"] for entry in state["model_version_status"]}
    assert (status, state["ready"], states) == (200, True, {"2.0": "AVAILABLE", "3.0": "LOADING"})
    assert len(get("/v1/models/flowers/versions/3.0")[1]["model_version_status"]) == 1


def test_models_and_the_server_are_listed(get: Get) -> None:
    assert get("/v1/models") == (200, {"models": ["digits", "flowers"]})
    for path in ("/v2", "/v2/"):
        assert get(path)[1]["extensions"] == ["binary_tensor_data"]


@pytest.mark.parametrize(
    ("path", "message", "hint"),
    [
        ("/v2/models/roses", "unknown model 'roses'", "served are digits, flowers"),
        ("/v2/models/roses/ready", "unknown model 'roses'", "served are digits, flowers"),
        ("/v1/models/..", "unknown model '..'", "served are digits, flowers"),
        ("/v2/models/uploads", "unknown model 'uploads'", "served are digits, flowers"),
        ("/v2/models/flowers/versions/9", "flowers has no version '9'", "served are 2.0, 3.0"),
        ("/v2/models/flowers/config", "unknown path", "send GET /v2/models/NAME, for example"),
        ("/v1/models/flowers/ready", "unknown path", "send GET /v2/models/NAME, for example"),
    ],
)
def test_what_is_not_served_is_a_404_that_names_it(get: Get, path: str, message: str, hint: str) -> None:
    assert get(path) == (404, {"code": 404, "type": "NotFound", "message": message, "hint": hint})


def test_while_torchserve_does_not_answer_it_is_a_503(get: Get, fake: Fake) -> None:
    fake.refused["GET /models"] = 500
    status, error = get("/v2/models/digits")
    assert (status, error["type"]) == (503, "ServiceUnavailable")


def test_a_model_comes_and_goes(get: Get, fake: Fake) -> None:
    del fake.models["flowers"]
    assert get("/v2/models/flowers")[0] == 404


def test_a_crowd_costs_torchserve_one_look(get: Get, fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inventory, "_FRESH", 3600.0)
    first = get("/v2/models/flowers")
    fake.models.clear()
    assert all(get("/v2/models/flowers") == first for _ in range(100))
