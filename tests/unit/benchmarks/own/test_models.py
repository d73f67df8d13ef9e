"""The two models of the section on own models can be packaged, and all requests to one have the same answer."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import orjson
import pytest

from benchmarks.own import models
from benchmarks.own.models import COUNT, Case
from benchmarks.peers.own import LABELS
from inference.golden import named
from serving.declared import folder, resolution


@pytest.mark.parametrize("make", [models.table, models.image])
def test_packaging_accepts_it_and_all_requests_have_one_label(make: Callable[[Path], Case], tmp_path: Path) -> None:
    case = make(tmp_path / "model")
    resolved = resolution.resolve(folder.read(case.folder))
    assert resolved.declaration.labels == LABELS
    assert all(len(bodies) == len(set(bodies)) == COUNT for bodies in case.bodies.values())
    assert {LABELS[index] for index in case.probabilities.argmax(axis=1)} == {case.label}
    assert len(np.unique(case.probabilities, axis=0)) > COUNT / 2  # the answers differ


def test_the_archive_answers_as_the_peers(tmp_path: Path) -> None:
    case = models.table(tmp_path / "table")
    rows = np.array([orjson.loads(body)["x"] for body in case.bodies["json"]], dtype=np.float32)
    network = resolution.resolve(folder.read(case.folder)).network
    np.testing.assert_allclose(named(network.predict(rows))["probabilities"], case.probabilities, atol=1e-6)
