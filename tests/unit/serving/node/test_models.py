"""Added models at the start of a node's TorchServe."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from serving.archives.record import Archive
from serving.node import deployment, models
from serving.torchserve.server import Server
from tests.unit.serving import fake_torchserve
from tests.unit.serving.fake_torchserve import Fake

NAMES = ("first", "second", "third")


@pytest.fixture
def fake(tmp_path: Path, build: Callable[..., Archive], monkeypatch: pytest.MonkeyPatch) -> Iterator[Fake]:
    """Yield a node with three added models on a machine with two processors."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    with fake_torchserve.fake(tmp_path / "run") as started:
        for name in NAMES:
            added = deployment.add(started.server.directory, build("1.0", f"{name}.mar", name))
            deployment.write(started.server.directory, replace(added, workers=2))
        yield started


def workers(fake: Fake) -> dict[str, int]:
    return {name: len(fake.models[name]["1.0"].workers) for name in NAMES if fake.models.get(name)}


def test_all_are_registered_at_once_and_as_many_load_as_there_are_processors(fake: Fake) -> None:
    models.register(fake.server)
    assert workers(fake) == {"first": 2, "second": 2, "third": 0}
    assert {fake.options[name]["synchronous"] for name in NAMES} == {"false"}
    assert not models.settled(fake.server)
    assert models.start(fake.server) == {}
    assert workers(fake) == dict.fromkeys(NAMES, 2)
    assert models.settled(fake.server)


def test_one_that_does_not_load_is_taken_away_and_tried_again_at_the_next_start(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failures(running: Server) -> list[str]:
        return ["no memory"] if running.name == "second" and "second" in fake.options else []

    monkeypatch.setattr(Server, "load_failures", failures)
    fake.new = "WORKER_STARTED"
    monkeypatch.setattr(models, "ready_workers", lambda version: 0 if version["modelName"] == "second" else 2)
    messages: list[str] = []
    assert (
        models.start(fake.server, messages.append) == models.failures(fake.server.directory) == {"second": "no memory"}
    )
    assert sorted(messages) == ["first 1.0 is served", "second is not served: no memory", "third 1.0 is served"]
    assert workers(fake).keys() == {"first", "third"}
    monkeypatch.setattr(Server, "load_failures", lambda _: [])
    models.register(fake.server)
    assert models.failures(fake.server.directory) == {}
    assert "second" in workers(fake)
