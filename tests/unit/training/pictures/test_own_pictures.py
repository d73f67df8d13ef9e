"""Own classes in another size and in colour, from folders of pictures to an archive."""

import subprocess
import sys
from pathlib import Path
from shutil import copytree

import numpy as np
import orjson
import pytest
from PIL import Image

from inference import bundle
from serving.archives import admission
from serving.declared import folder
from serving.paths import COMMANDS
from tests import forked

COLORS = {"rot 🔴": (200, 60, 60), "青": (60, 60, 200)}
OPTIONS = ("--name", "colors", "--size", "32", "--color", "--epochs", "3")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return pictures of noise, 40 in each of two colors of equal brightness."""
    root, random = tmp_path_factory.mktemp("colors"), np.random.default_rng(0)
    for name, color in COLORS.items():
        (root / name).mkdir()
        for number in range(40):
            pixels = np.clip(random.normal(color, 40, (40, 50, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(root / name / f"{number}.png")
    return root


@pytest.fixture(scope="module")
def trained(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("trained")
    completed = forked.succeed("train", "--data", data, "--out", out, *OPTIONS)
    assert completed.stdout == f"{out}/model.toml: 100.00 % of 11 test images are right\n"
    return out


def test_it_leaves_a_folder_that_packaging_takes(trained: Path, tmp_path: Path) -> None:
    papers = {"metrics.json", "cleaning.json", "curves.png", "confusion.png"}
    assert {path.name for path in trained.iterdir()} == papers | {"model.toml", "network.onnx", "samples"}
    model = folder.read(trained)
    assert (model.name, model.labels) == ("colors", tuple(sorted(COLORS)))
    assert model.image is not None
    assert (model.image.color, model.image.size) == ("RGB", (32, 32))
    command = [
        sys.executable,
        str(COMMANDS),
        "package",
        "--bundle",
        str(trained),
        "--out",
        str(tmp_path / "colors.mar"),
    ]
    completed = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert completed.returncode == 0, completed.stderr
    # The outputs of PyTorch for the test pictures are compared.
    assert "samples  11 from the folder, 53 generated, 11 with outputs" in completed.stdout
    assert admission.admit(tmp_path / "colors.mar").name == "colors"
    metrics = orjson.loads((trained / "metrics.json").read_bytes())["metrics"]
    assert (metrics["test_images"], metrics["test_accuracy"]) == (11, 1.0)


def test_what_was_trained_before_is_replaced(data: Path, trained: Path, tmp_path: Path) -> None:
    out = copytree(trained, tmp_path / "out")
    forked.succeed("train", "--data", data, "--out", out, "--name", "one", "--preset", "quick", "--epochs", "1")
    assert (out / bundle.WEIGHTS).exists()
    assert not (out / "model.toml").exists()
    forked.succeed("train", "--data", data, "--out", out, *OPTIONS)
    assert not (out / bundle.WEIGHTS).exists()
    for name in ("network.onnx", "model.toml"):
        assert (out / name).read_bytes() == (trained / name).read_bytes()  # the same training gives the same model


@pytest.mark.parametrize(
    ("options", "status", "message"),
    [
        (("--size", "32"), 2, "--size and --color need your own pictures: name their folder with --data"),
        (("--data", "{data}", "--size", "48"), 2, "invalid choice: 48 (choose from 28, 32, 64)"),
        (("--data", "{arrays}", "--color"), 1, "{arrays} contains arrays: a size and color are for folders of images"),
        (("--data", "{data}", "--size", "64", "--name", "a/b"), 1, "invalid model name 'a/b'"),
    ],
)
def test_wrong_options_are_refused(
    options: tuple[str, ...], status: int, message: str, data: Path, tmp_path: Path
) -> None:
    arrays = tmp_path / "arrays"
    arrays.mkdir()
    np.savez(arrays / "set.npz", x_train=np.zeros((4, 28, 28), np.uint8), y_train=np.zeros(4, np.uint8))
    places = {"data": data, "arrays": arrays}
    completed = forked.run("train", "--out", tmp_path / "out", *(option.format(**places) for option in options))
    assert completed.returncode == status
    assert message.format(**places) in completed.stderr.splitlines()[-1]
    assert not (tmp_path / "out").exists()
