"""Fixtures: a worker of the small bundle, and its expected answers."""

from pathlib import Path

import numpy as np
import pytest

from inference.bundle import Bundle
from inference.classifier import Classifier
from inference.http_message import JSON, Message
from model.pixels import Images
from tests import recipe, torchserve
from tests.messages import RAW
from tests.torchserve import Reply, Sent, Worker

SEVEN = recipe.drawn(7)
BAD = Sent.http(Message(bytes(783), RAW))


@pytest.fixture
def directory(tmp_path: Path, small: Bundle, bundle_path: Path) -> Path:
    return torchserve.model_dir(tmp_path / "unpacked", small, bundle_path)


@pytest.fixture
def worker(directory: Path) -> Worker:
    return Worker(directory)


def expected(small: Bundle, images: Images) -> list[list[float]]:
    return [[float(value) for value in row] for row in Classifier(small).predict(images).probabilities]


def assert_predicts(reply: Reply, probabilities: list[float]) -> None:
    assert (reply.status, reply.headers["content-type"]) == (200, JSON)
    np.testing.assert_allclose(reply.json["probabilities"], probabilities, atol=1e-6)
