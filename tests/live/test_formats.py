"""Each packed format that passes the parity check: a real TorchServe gives the answers of the default format."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inference.bundle import Bundle
from inference.classifier import Classifier
from inference.golden import TOLERANCE
from inference.samples import Samples
from model.pixels import Images
from serving.archives.archive import build
from serving.archives.formats import FORMATS
from serving.archives.package import ModelPackage
from serving.archives.record import Archive, Release
from tests import recipe
from tests.messages import RAW

from .conftest import Client

KEPT = [name for name in FORMATS if name != "int8"]


@pytest.fixture(scope="module", params=KEPT)
def packed(request: pytest.FixtureRequest, archive: Archive, bundle_path: Path) -> Archive:
    """Return the archive of a format, in the model store of the node, under its own name."""
    release = Release(format=request.param, name=f"digits-{request.param}")
    path = archive.path.with_name(f"{release.name}.mar")
    return build(ModelPackage(), bundle_path, Samples(recipe.drawn(*range(10))), path, release)


def probabilities(client: Client, name: str, images: Images) -> Any:
    answer = client.http.post(f"/predictions/{name}", content=images.tobytes(), headers={"Content-Type": RAW})
    assert answer.status_code == 200, answer.text
    document = answer.json()
    return [one["probabilities"] for one in document.get("predictions", [document])]


def test_each_format_that_keeps_parity_is_served(
    digits: Client, packed: Archive, test_set: tuple[Images, Any], small: Bundle
) -> None:
    images, _ = test_set
    expected = Classifier(small).predict(images[:1000]).probabilities
    with digits.server.manage(packed.name) as management:
        management.register(packed.path.name)
        for count in (1, 2, 64, 1000):
            actual = probabilities(digits, packed.name, images[:count])
            np.testing.assert_allclose(actual, expected[:count], atol=2 * TOLERANCE)
        management.unregister(packed.version)
