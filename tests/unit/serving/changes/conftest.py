"""Fixtures: a node with a fake TorchServe, whose answers tests choose, without a JVM."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from model.pixels import Images
from serving.archives.record import Archive
from serving.archives.samples import Probabilities
from serving.changes.gates import Gates
from serving.changes.rollout import Rollout, RolloutTrial
from serving.gateway.gateway import Gateway
from serving.gateway.routes import Route
from serving.node import deployment
from serving.torchserve import server
from tests.unit.serving import fake_torchserve
from tests.unit.serving.fake_torchserve import Fake, one_hot

LENIENT = RolloutTrial(Gates(factor=1.0, slack=60.0), timed=2)  # this machine may be slow
ALL = ("digits", "explainer", "uploads")


def only(version: str) -> dict[str, list[str]]:
    return {name: [version] for name in ALL}


def wrong(images: Images) -> Probabilities:
    return np.roll(one_hot(images), 1, axis=1)


@dataclass
class Shares:
    """Record of calls to a gateway about canaries and models. ``then`` runs when a canary gets its share."""

    models: list[Route] = field(default_factory=list)
    calls: list[tuple[str, str, float] | None] = field(default_factory=list)
    then: Callable[[], object] = lambda: None

    def canary(self, model: str, version: str, percent: float) -> None:
        self.calls.append((model, version, percent))
        self.then()

    def no_canary(self) -> None:
        self.calls.append(None)

    def serve(self, models: Iterable[Route]) -> None:
        self.models = list(models)


@dataclass
class Scene:
    """A node that serves version 1.0, and the objects that change it."""

    fake: Fake
    gateway: Shares
    folder: Path
    steps: list[str] = field(default_factory=list)

    @property
    def door(self) -> Gateway:
        return cast(Gateway, self.gateway)

    @property
    def directory(self) -> Path:
        return self.fake.server.directory

    @property
    def rollout(self) -> Rollout:
        torchserve = server.find(self.directory)
        assert torchserve
        return Rollout(torchserve, self.door, self.steps.append)

    @property
    def deployed(self) -> deployment.Deployment:
        record = deployment.read(self.directory)
        assert record
        return record

    def archive(self, version: str, code: bytes = b"", kind: str = "probabilities", scale: float = 1.0) -> Archive:
        return fake_torchserve.archive(self.folder / f"digits-{version}.mar", version, code, kind, scale)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with fake_torchserve.fake(tmp_path / "run") as torchserve:
        node = Scene(torchserve, Shares(), tmp_path / "store")
        served = deployment.adopt_build(node.directory, node.archive("1.0"))
        torchserve.serve("1.0", served.current.file)
        server.remember(replace(torchserve.server, archive=served.current.sha256))
        yield node
