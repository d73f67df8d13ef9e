"""scripts/train in real processes, and the files that it writes."""

import signal
import subprocess
import sys
from pathlib import Path

import orjson
import pytest
from PIL import Image

from inference import bundle
from inference.classifier import Classifier
from model import SPEC
from scripts.commands.__main__ import main
from serving.paths import ROOT
from tests import forked
from tests.unit.training.conftest import TRAIN
from training.data import folder

PAPERS = {
    "model.safetensors",
    "metrics.json",
    "cleaning.json",
    "curves.png",
    "confusion.png",
    "samples.safetensors",
    "reference.json",
}


def test_it_leaves_the_bundle_and_its_papers_and_nothing_else(trained: Path) -> None:
    assert {path.name for path in trained.iterdir()} == PAPERS
    for name in ("curves.png", "confusion.png"):
        with Image.open(trained / name) as picture:
            assert min(picture.size) > 250


def test_the_figures_told_are_those_of_the_saved_file(trained: Path, small: Path) -> None:
    trained_bundle = bundle.load(trained / bundle.WEIGHTS, SPEC)
    test = folder.load(small).test
    right = Classifier(trained_bundle).predict(test.images).classes == test.labels
    metrics = orjson.loads((trained / "metrics.json").read_bytes())
    assert metrics["test"]["accuracy"] == right.mean() == trained_bundle.metadata.metrics["test_accuracy"]
    assert metrics["bundle"]["sha256"] == trained_bundle.sha256
    assert metrics["test"]["accuracy"] > 0.6


def test_the_metadata_says_what_it_was_made_from(trained: Path, small: Path) -> None:
    trained_bundle = bundle.load(trained / bundle.WEIGHTS, SPEC)
    known = trained_bundle.metadata
    assert known.labels == tuple("0123456789")
    assert trained_bundle.spec is SPEC  # the labels are the digits, so answers have the field digit
    assert (known.preset, known.seed, known.architecture["sizes"][0]) == ("default", 0, 784)
    assert known.data == folder.load(small).checksums()
    assert set(known.versions) == {"torch", "numpy", "python"}
    assert known.temperature > 0.0
    assert 0.0 < known.threshold <= 1.0
    assert "seconds" not in str(known)


RECIPES = {  # options, and the epochs in which the training is killed
    "default": (["--epochs", "12"], (2, 5)),
    "average, bfloat16": (["--set", "average=0.9", "--set", "precision=bfloat16", "--epochs", "5"], (3,)),
    "momentum, patience": (
        ["--set", "optimizer=sgd", "--set", "momentum=0.9", "--set", "patience=3", "--epochs", "9"],
        (4,),
    ),
}


@pytest.fixture
def undisturbed(recipe: str, trained: Path, small: Path, tmp_path: Path) -> Path:
    """Return the result of an uninterrupted training."""
    options, _ = RECIPES[recipe]
    if recipe == "default":
        return trained
    forked.succeed("train", "--data", small, *options, "--out", tmp_path / "whole")
    return tmp_path / "whole"


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_training_killed_again_and_again_goes_on_to_the_same_bytes(
    recipe: str, undisturbed: Path, small: Path, tmp_path: Path
) -> None:
    options, epochs = RECIPES[recipe]
    words = ("--data", small, *options, "--out", tmp_path / "killed")
    for epoch in epochs:
        with forked.started("train", *words) as killed:
            assert any(line.startswith(f"epoch {epoch}/") for line in killed.stderr)
            killed.kill()
        assert killed.returncode == -signal.SIGKILL
        assert not (tmp_path / "killed" / bundle.WEIGHTS).exists()
    last = forked.succeed("train", *words, "--resume")
    assert "resuming after epoch" in last.stderr
    weights = tmp_path / "killed" / bundle.WEIGHTS
    assert weights.read_bytes() == (undisturbed / bundle.WEIGHTS).read_bytes()
    assert {path.name for path in weights.parent.iterdir()} == PAPERS


def test_a_fresh_start_forgets_the_checkpoint(small: Path, tmp_path: Path) -> None:
    words = ("--data", small, "--preset", "quick", "--out", tmp_path, "--epochs", "20")
    with forked.started("train", *words) as first:
        assert any(line.startswith("epoch 2/20") for line in first.stderr)
        first.kill()
    completed = forked.succeed("train", *words, "--fresh")
    assert "going on" not in completed.stderr
    assert "epoch 1/20" in completed.stderr


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--preset", "nest"], "unknown preset 'nest'"),
        (["--data", "nowhere"], "nowhere is not a folder"),
        (["--preset", "nowhere.toml"], "nowhere.toml cannot be read"),
        (["--set", "optimizer=lion"], "optimizer must be one of adamw, adam, sgd, bgd, not 'lion'"),
        (["--set", "dropout"], "'dropout' is not NAME=VALUE"),
        (["--epochs", "0"], "epochs must be at least 1"),
        (["--data", "{small}", "--out", "/dev/null/bundle"], "/dev/null/bundle cannot be written: Not a directory"),
    ],
)
def test_a_mistake_is_answered_in_one_line(
    options: list[str], reason: str, small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options, reason = [option.format(small=small) for option in options], reason.format(out=tmp_path)
    assert main("train", ["--out", str(tmp_path), *options]) == 1
    (message,) = capsys.readouterr().err.splitlines()
    assert message.startswith(f"error: {reason}")


def test_a_mistake_found_with_the_data_is_the_last_line_of_the_process(small: Path, tmp_path: Path) -> None:
    completed = forked.run("train", "--data", small, "--out", tmp_path, "--resume")
    assert completed.returncode == 1
    *before, message = completed.stderr.splitlines()
    assert message.startswith(f"error: {tmp_path}/checkpoint.pt is not a checkpoint of this training")
    assert all(line.startswith(("data:", "  training:", "  test:")) for line in before)


def test_a_bundle_that_is_there_is_left_without_loading_torch(trained: Path) -> None:
    before = (trained / bundle.WEIGHTS).stat().st_mtime_ns
    command: list[str | Path] = [sys.executable, "-X", "importtime", *TRAIN[1:], "--out", trained, "--if-missing"]
    completed = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, timeout=240)
    assert "is there already" in completed.stdout
    imported = {line.rpartition("|")[2].strip() for line in completed.stderr.splitlines()}
    assert "argparse" in imported
    assert "torch" not in imported
    assert (trained / bundle.WEIGHTS).stat().st_mtime_ns == before
