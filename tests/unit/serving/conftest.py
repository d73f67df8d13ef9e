"""Fixtures: one archive for all tests, because building it takes seconds."""

from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from inference.bundle import Bundle
from inference.classifier import Classifier
from inference.samples import Labels, Samples
from model.pixels import Images
from serving.archives import archive
from serving.archives.package import ModelPackage
from serving.archives.record import Archive
from serving.torchserve import server
from tests import recipe
from training.data.dataset import Dataset


@dataclass(frozen=True)
class Ingredients:
    """Inputs of an archive: a bundle and images, with its true accuracy on them."""

    path: Path
    bundle: Bundle
    images: Images
    labels: Labels

    @property
    def samples(self) -> Samples:
        return Samples(self.images, self.labels)


@pytest.fixture(autouse=True)
def no_jvm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make each start of a JVM fail, for tests of checks that must refuse the start."""

    def launch(*_: object) -> None:
        raise AssertionError("a JVM is about to be started")

    monkeypatch.setattr(server, "_launch", launch)


@pytest.fixture(scope="session")
def ingredients(mnist: Dataset, small: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Ingredients:
    images, labels = mnist.test.images[:256], mnist.test.labels[:256]
    accuracy = float((Classifier(small).predict(images).classes == labels).mean())
    path = tmp_path_factory.mktemp("ingredients") / "model.safetensors"
    return Ingredients(path, recipe.save(path, test_accuracy=accuracy), images, labels)


@pytest.fixture(scope="session")
def built(ingredients: Ingredients, tmp_path_factory: pytest.TempPathFactory) -> Archive:
    threads = torch.get_num_threads()
    path = tmp_path_factory.mktemp("store") / "digits.mar"
    digits = archive.build(ModelPackage(), ingredients.path, ingredients.samples, path)
    torch.set_num_threads(threads)
    return digits
