"""Bundles of other classes than digits, made by scripts/train."""

from pathlib import Path

import numpy as np
import orjson
import pytest
from PIL import Image

from examples.shapes import make as shapes
from examples.shapes.make import SHAPES
from inference import bundle, drift
from inference.classifier import Classifier
from inference.samples import FILE as SAMPLES
from model import SPEC
from scripts.commands.__main__ import main
from serving.archives import samples
from tests import forked

QUICK = ("--epochs", "6")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shapes")
    shapes.write(folder, 60)
    (folder / "circle" / "Thumbs.db").write_bytes(b"no picture")
    (folder / "oval").mkdir()
    return folder


@pytest.fixture(scope="module")
def trained(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("trained")
    completed = forked.succeed("train", "--data", data, "--name", "forms", "--out", out, *QUICK)
    assert "1 system files ignored (circle/Thumbs.db)" in completed.stderr
    assert "warning: class 'oval' has no image that can be read" in completed.stderr
    return out


def test_the_bundle_has_the_labels_and_the_name(trained: Path) -> None:
    trained_bundle = bundle.load(trained / bundle.WEIGHTS, SPEC)
    assert (trained_bundle.labels, trained_bundle.metadata.name) == (SHAPES, "forms")
    assert trained_bundle.metadata.architecture["sizes"][-1] == 3
    assert np.shape(orjson.loads((trained / "metrics.json").read_bytes())["test"]["confusion"]) == (3, 3)


def test_the_test_set_beside_the_bundle_gives_the_accuracy_that_it_claims(trained: Path) -> None:
    trained_bundle = bundle.load(trained / bundle.WEIGHTS, SPEC)
    rows, labels = samples.load(trained / SAMPLES, trained_bundle.spec.input)
    assert len(rows) == trained_bundle.metadata.metrics["test_images"] == 26
    assert (Classifier(trained_bundle).predict(rows).classes == labels).mean() == trained_bundle.metadata.metrics[
        "test_accuracy"
    ]


def test_the_reference_has_the_shares_of_the_classes(trained: Path) -> None:
    trained_bundle = bundle.load(trained / bundle.WEIGHTS, SPEC)
    reference = drift.load(trained / drift.FILE, trained_bundle.spec)
    assert reference
    assert reference.shares["label"] == pytest.approx([1 / 3] * 3, abs=0.01)


def test_outliers_made_for_digits_are_off(trained: Path, data: Path, tmp_path: Path) -> None:
    off = ("--set", "outliers=0.0")
    forked.succeed("train", "--data", data, "--name", "forms", "--out", tmp_path, *QUICK, *off)
    assert (tmp_path / bundle.WEIGHTS).read_bytes() == (trained / bundle.WEIGHTS).read_bytes()


def test_the_folder_names_a_model_without_a_name(data: Path, tmp_path: Path) -> None:
    forked.succeed("train", "--data", data, "--out", tmp_path / "things", "--preset", "quick")
    assert bundle.load(tmp_path / "things" / bundle.WEIGHTS, SPEC).metadata.name == "things"


def test_labels_in_any_script_and_with_signs_of_formulas_are_drawn(tmp_path: Path) -> None:
    shapes.write(tmp_path / "data", 40)
    names = ("ελλειψη $x_1$", "円" * 30, "🔺")
    for old, new in zip(SHAPES, names, strict=True):
        (tmp_path / "data" / old).rename(tmp_path / "data" / new)
    data, out = tmp_path / "data", tmp_path / "out"
    forked.succeed("train", "--data", data, "--name", "any", "--out", out, "--preset", "quick")
    assert bundle.load(tmp_path / "out" / bundle.WEIGHTS, SPEC).labels == tuple(sorted(names))
    with Image.open(tmp_path / "out" / "confusion.png") as picture:
        assert min(picture.size) > 250


@pytest.mark.parametrize("name", ["a/b", "..", ".hidden", "two words", "ä", "x" * 65])
def test_a_name_that_no_address_can_have_is_refused_before_the_training(
    data: Path, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main("train", ["--data", str(data), "--name", name, "--out", str(tmp_path / "out")]) == 1
    assert capsys.readouterr().err.splitlines()[-1].startswith(f"error: invalid model name {name!r}: --name must be")
    assert not (tmp_path / "out").exists()
