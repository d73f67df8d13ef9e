"""The script scripts/train.py and what it leaves behind, in real processes."""

import signal
import subprocess
import sys
from pathlib import Path

import orjson
import pytest
from PIL import Image

from model import bundle
from model.classifier import Classifier
from tests.unit.training.conftest import ROOT, TRAIN
from training import folder

PAPERS = {"model.safetensors", "metrics.json", "cleaning.json", "curves.png", "confusion.png"}


def test_it_leaves_the_bundle_and_its_papers_and_nothing_else(trained: Path) -> None:
    assert {path.name for path in trained.iterdir()} == PAPERS
    for name in ("curves.png", "confusion.png"):
        with Image.open(trained / name) as picture:
            assert min(picture.size) > 250


def test_the_figures_told_are_those_of_the_saved_file(trained: Path, small: Path) -> None:
    made = bundle.load(trained / bundle.WEIGHTS)
    test = folder.load(small).test
    right = Classifier(made).predict(test.images).digits == test.labels
    metrics = orjson.loads((trained / "metrics.json").read_bytes())
    assert metrics["test"]["accuracy"] == right.mean() == made.metadata.metrics["test_accuracy"]
    assert metrics["bundle"]["sha256"] == made.sha256
    assert metrics["test"]["accuracy"] > 0.6


def test_the_metadata_says_what_it_was_made_from(trained: Path, small: Path) -> None:
    known = bundle.load(trained / bundle.WEIGHTS).metadata
    assert (known.preset, known.seed, known.sizes[0]) == ("default", 0, 784)
    assert known.data == folder.load(small).checksums()
    assert set(known.versions) == {"torch", "numpy", "python"}
    assert known.temperature > 0.0
    assert 0.0 < known.threshold <= 1.0
    assert "seconds" not in str(known)


def test_two_processes_make_the_same_bytes(trained: Path, small: Path, tmp_path: Path) -> None:
    subprocess.run([*TRAIN, "--data", small, "--out", tmp_path, "--epochs", "12"], check=True, capture_output=True)
    assert (tmp_path / bundle.WEIGHTS).read_bytes() == (trained / bundle.WEIGHTS).read_bytes()


def test_a_killed_training_goes_on_to_the_same_bytes(trained: Path, small: Path, tmp_path: Path) -> None:
    command = [*TRAIN, "--data", str(small), "--out", str(tmp_path), "--epochs", "12"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as first:
        assert first.stderr is not None
        assert any(line.startswith("epoch 3/12") for line in first.stderr)
        first.kill()
    assert first.returncode == -signal.SIGKILL
    assert not (tmp_path / bundle.WEIGHTS).exists()
    second = subprocess.run(command, check=True, capture_output=True, text=True)
    assert "going on after epoch" in second.stderr
    assert (tmp_path / bundle.WEIGHTS).read_bytes() == (trained / bundle.WEIGHTS).read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == PAPERS


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--preset", "best"], "there is no preset 'best'"),
        (["--data", "nowhere"], "nowhere is not a folder"),
        (["--epochs", "0"], "epochs must be at least 1"),
        (["--out", "/dev/null/bundle"], "/dev/null/bundle cannot be written: Not a directory"),
    ],
)
def test_a_mistake_is_answered_in_one_line(options: list[str], reason: str, tmp_path: Path) -> None:
    done = subprocess.run([*TRAIN, "--out", tmp_path, *options], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    told = done.stderr.splitlines()
    assert told[-1].startswith(f"error: {reason}")
    assert all(line.startswith(("data:", "  training:", "  test:")) for line in told[:-1])


def test_a_bundle_that_is_there_is_left_without_loading_torch(trained: Path) -> None:
    before = (trained / bundle.WEIGHTS).stat().st_mtime_ns
    command: list[str | Path] = [sys.executable, "-X", "importtime", *TRAIN[1:], "--out", trained, "--if-missing"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert "is there already" in done.stdout
    assert "argparse" in done.stderr
    assert "torch" not in done.stderr
    assert (trained / bundle.WEIGHTS).stat().st_mtime_ns == before
