"""The parity gate: it refuses one changed bit, or one changed digit where sums run in another order."""

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch

from inference.classifier import Classifier
from inference.samples import Samples
from serving.archives import archive
from serving.archives.formats import FORMATS
from serving.archives.package import ModelPackage
from serving.archives.parity import ParityError, ParityFigures, compare
from serving.archives.record import Archive, Release
from tests import recipe
from tests.unit.serving.conftest import Ingredients

pytestmark = pytest.mark.usefixtures("restored")


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)  # as in the process that predicts with the archive


@pytest.fixture(scope="module")
def eager(ingredients: Ingredients, tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """Return an archive that predicts as training does."""
    path = tmp_path_factory.mktemp("eager") / "digits.mar"
    return archive.build(ModelPackage(), ingredients.path, ingredients.samples, path, Release(format="eager"))


def tampered(original: Path, contents: Mapping[str, bytes], path: Path) -> Path:
    with zipfile.ZipFile(original) as whole, zipfile.ZipFile(path, "w") as changed:
        for name in whole.namelist():
            changed.writestr(name, contents.get(name, whole.read(name)))
    return path


def test_one_weight_changed_by_its_last_bit_fails(eager: Archive, ingredients: Ingredients, tmp_path: Path) -> None:
    network = recipe.network()
    bias = network.state_dict()["layers.2.bias"]
    bias[0] = torch.nextafter(bias[0], torch.tensor(9.0))
    with safetensors.safe_open(ingredients.path, framework="pt") as file:
        weights = safetensors.torch.save(network.state_dict(), file.metadata())
    other = tampered(eager.path, {"model.safetensors": weights}, tmp_path / "tampered.mar")
    with pytest.raises(ParityError, match=r"differ from training's on \d+ of 256 samples"):
        compare(other, Classifier(ingredients.bundle), ingredients.samples, exact=True).require()


def test_other_code_in_the_archive_fails(eager: Archive, ingredients: Ingredients, tmp_path: Path) -> None:
    with zipfile.ZipFile(eager.path) as file:
        code = file.read("inference/runtimes/eager.py")
    assert b"inputs / self._scale" in code
    other = tampered(
        eager.path,
        {"inference/runtimes/eager.py": code.replace(b"self._scale\n", b"256.0\n")},
        tmp_path / "tampered.mar",
    )
    with pytest.raises(ParityError, match="256 of 256 samples"):
        compare(other, Classifier(ingredients.bundle), ingredients.samples, exact=True).require()


def test_another_accuracy_than_the_bundle_claims_fails(built: Archive, ingredients: Ingredients) -> None:
    labels = ingredients.labels.copy()
    prediction = Classifier(ingredients.bundle).predict(ingredients.images).classes[0]
    labels[0] = prediction if labels[0] != prediction else (prediction + 1) % 10  # one more right, or one fewer
    with pytest.raises(ParityError, match="the archive's accuracy is"):
        compare(built.path, Classifier(ingredients.bundle), Samples(ingredients.images, labels), exact=False).require()


def judged(**figures: Any) -> ParityFigures:
    """Return the figures of an archive that predicts as training does, except for these values."""
    same = {"samples": 10_000, "unequal": 0, "misread": 0, "distance": 0.0, "accuracy": 0.99, "claimed": 0.99}
    return ParityFigures(**{**same, "exact": False, **figures})


@pytest.mark.parametrize("figures", [{}, {"exact": True}, {"unequal": 10_000, "distance": 9e-5}])
def test_what_agrees_is_let_through(figures: dict[str, Any]) -> None:
    judged(**figures).require()  # does not raise


@pytest.mark.parametrize(
    ("figures", "reason"),
    [
        ({"exact": True, "unequal": 1}, "differ from training's on 1 of 10000 samples"),
        ({"misread": 2}, "another label than training for 2 of 10000 samples"),
        ({"distance": 0.024}, "up to 0.024 from training's; 1e-04 is allowed"),
        ({"distance": float("nan")}, "up to nan from training's"),
        ({"accuracy": 0.9899}, r"accuracy is 0\.9899, the bundle claims 0\.99"),
        ({"claimed": None}, "the bundle claims None"),
    ],
)
def test_what_does_not_agree_is_refused_with_its_figures(figures: dict[str, Any], reason: str) -> None:
    with pytest.raises(ParityError, match=reason):
        judged(**figures).require()


@pytest.mark.parametrize("format_", ["export", "onnx"])
def test_each_format_agrees_with_training(ingredients: Ingredients, tmp_path: Path, format_: str) -> None:
    """Building raises if the gate refuses. The fixtures test the formats eager and numpy the same way."""
    release = Release(format=format_)
    served = archive.build(ModelPackage(), ingredients.path, ingredients.samples, tmp_path / "digits.mar", release)
    assert served.path.is_file()


def test_the_formats_tested_here_are_all() -> None:
    assert FORMATS.keys() == {"eager", "numpy", "export", "onnx", "int8"}


def test_eight_bits_are_too_few(ingredients: Ingredients, tmp_path: Path) -> None:
    path = tmp_path / "store" / "digits.mar"
    with pytest.raises(ParityError, match="1e-04 is allowed"):
        archive.build(ModelPackage(), ingredients.path, ingredients.samples, path, Release(format="int8"))
    assert not path.parent.exists()
