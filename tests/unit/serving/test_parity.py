"""The parity gate: one bit of one probability of one image is enough to close it."""

import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
import safetensors.torch
import torch

from model.classifier import Classifier
from serving.parity import ParityError, check_parity
from serving.record import Archive
from tests import recipe

from .conftest import Ingredients

pytestmark = pytest.mark.usefixtures("restored")


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)  # as the process that predicts with the archive has


def tampered(archive: Path, contents: Mapping[str, bytes], path: Path) -> Path:
    with zipfile.ZipFile(archive) as whole, zipfile.ZipFile(path, "w") as changed:
        for name in whole.namelist():
            changed.writestr(name, contents.get(name, whole.read(name)))
    return path


def test_an_archive_of_the_same_model_passes(built: Archive, ingredients: Ingredients, tmp_path: Path) -> None:
    classifier = Classifier(ingredients.bundle)
    check_parity(built.path, classifier, ingredients.images, ingredients.labels, tmp_path)  # does not raise


def test_one_weight_changed_by_its_last_bit_fails(built: Archive, ingredients: Ingredients, tmp_path: Path) -> None:
    network = recipe.network()
    bias = network.state_dict()["layers.2.bias"]
    bias[0] = torch.nextafter(bias[0], torch.tensor(9.0))
    with safetensors.safe_open(ingredients.path, framework="pt") as file:
        weights = safetensors.torch.save(network.state_dict(), file.metadata())
    archive = tampered(built.path, {"model.safetensors": weights}, tmp_path / "tampered.mar")
    with pytest.raises(ParityError, match=r"differ from training's on \d+ of 256 images"):
        check_parity(archive, Classifier(ingredients.bundle), ingredients.images, ingredients.labels, tmp_path)


def test_other_code_in_the_archive_fails(built: Archive, ingredients: Ingredients, tmp_path: Path) -> None:
    with zipfile.ZipFile(built.path) as file:
        code = file.read("model/pixels.py")
    assert b"div_(255.0)" in code
    archive = tampered(
        built.path, {"model/pixels.py": code.replace(b"div_(255.0)", b"div_(256.0)")}, tmp_path / "tampered.mar"
    )
    with pytest.raises(ParityError, match="256 of 256 images"):
        check_parity(archive, Classifier(ingredients.bundle), ingredients.images, ingredients.labels, tmp_path)


def test_another_accuracy_than_the_bundle_claims_fails(
    built: Archive, ingredients: Ingredients, tmp_path: Path
) -> None:
    labels = ingredients.labels.copy()
    found = Classifier(ingredients.bundle).predict(ingredients.images).digits[0]
    labels[0] = found if labels[0] != found else (found + 1) % 10  # one more right, or one less
    with pytest.raises(ParityError, match="the archive's accuracy is"):
        check_parity(built.path, Classifier(ingredients.bundle), ingredients.images, labels, tmp_path)
