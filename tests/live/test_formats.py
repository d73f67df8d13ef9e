"""A real TorchServe serves each format that keeps parity, and answers as the default does."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inference.bundle import Bundle
from inference.classifier import Classifier
from inference.golden import TOLERANCE
from model.pixels import Images
from serving.archives.archive import build
from serving.archives.formats import FORMATS
from serving.archives.package import ModelPackage
from serving.archives.record import Archive, Release
from serving.archives.samples import Samples
from tests import recipe

from .conftest import Client, serve

KEPT = [name for name in FORMATS if name != "int8"]


@pytest.fixture(scope="module", params=KEPT)
def packed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, bundle_path: Path) -> Archive:
    path = tmp_path_factory.mktemp(request.param) / "digits.mar"
    return build(ModelPackage(), bundle_path, Samples(recipe.drawn(*range(10))), path, Release(format=request.param))


def probabilities(client: Client, images: Images) -> Any:
    answer = client.predict(images.tobytes())
    assert answer.status_code == 200, answer.text
    found = answer.json()
    return [one["probabilities"] for one in found.get("predictions", [found])]


def test_each_format_that_keeps_parity_is_served(
    packed: Archive, test_set: tuple[Images, Any], small: Bundle, tmp_path: Path
) -> None:
    images, _ = test_set
    expected = Classifier(small).predict(images[:1000]).probabilities
    with serve(tmp_path, packed) as client:
        for count in (1, 2, 64, 1000):
            np.testing.assert_allclose(probabilities(client, images[:count]), expected[:count], atol=2 * TOLERANCE)
