"""Explainers of added models, which start at the first request for them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest

from serving.gateway.gateway import Gateway
from serving.node import deployment, explainers, lock, models
from serving.node.deployment import Deployed, Deployment
from serving.node.explainers import Explainers
from serving.waiting import within
from tests.unit.serving import fake_torchserve
from tests.unit.serving.fake_torchserve import Fake

NAME = "iris.explainer"


@dataclass
class Waiting:
    """A gateway with requests that wait for explainers."""

    names: set[str] = field(default_factory=set)
    started: list[str] = field(default_factory=list)

    def wanted(self) -> set[str]:
        return self.names

    def awake(self, explainer: str) -> None:
        self.started.append(explainer)


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[Fake]:
    """Yield a TorchServe with the model iris, which was added to the node."""
    with fake_torchserve.fake(tmp_path / "run") as torchserve:
        deployment.include(
            torchserve.server.directory,
            Deployment(Deployed("iris-1.0-aaaaaaaaaaaa.mar", "1.0", "s", "iris"), (), 1, "s"),
        )
        yield torchserve


def test_one_that_requests_wait_for_is_registered_by_itself_and_once(fake: Fake) -> None:
    door, look = Waiting(), Explainers().look
    look(fake.server, cast(Gateway, door))
    assert fake.versions == {}
    door.names = {NAME, "roses.explainer", "uploads"}
    look(fake.server, cast(Gateway, door))
    assert within(10, lambda: door.started == [NAME])
    assert fake.versions == {NAME: ["1.0"]}
    assert (fake.options[NAME]["batch_size"], fake.options[NAME]["synchronous"]) == ("1", "false")
    explainers.start(fake.server, cast(Gateway, door), door.names)
    assert fake.calls == ["POST /models"]
    assert explainers.names(fake.server.directory) == [NAME]


def test_none_is_started_while_the_node_is_changed(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "_BRIEF_SECONDS", 0.0)
    door = Waiting()
    with lock.changing(fake.server.directory):
        explainers.start(fake.server, cast(Gateway, door), {NAME})
    assert (door.started, fake.versions) == ([], {})


def test_one_that_is_registered_answers_while_the_node_is_changed(fake: Fake) -> None:
    door = Waiting()
    explainers.start(fake.server, cast(Gateway, door), {NAME})
    with lock.changing(fake.server.directory):
        explainers.start(fake.server, cast(Gateway, door), {NAME})
    assert (door.started, fake.calls) == ([NAME, NAME], ["POST /models"])


def test_none_is_started_of_a_model_that_did_not_load(fake: Fake) -> None:
    models.note(fake.server.directory, {"iris": "it is broken"})
    door = Waiting()
    explainers.start(fake.server, cast(Gateway, door), {NAME})
    assert (door.started, fake.versions) == ([], {})


def test_one_that_torchserve_refuses_is_tried_at_the_next_look(fake: Fake) -> None:
    fake.refused["POST /models"] = 503
    door = Waiting()
    explainers.start(fake.server, cast(Gateway, door), {NAME})
    assert door.started == []
    fake.refused.clear()
    explainers.start(fake.server, cast(Gateway, door), {NAME})
    assert door.started == [NAME]
