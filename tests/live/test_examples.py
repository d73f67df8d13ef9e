"""The examples from their scripts to a correct answer: made, packaged, registered at a server, and queried."""

import json
import runpy
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from shutil import copytree
from typing import Any

import httpx
import numpy as np
import numpy.typing as npt
import pytest

from serving import paths, version
from serving.archives.record import Archive
from tests import forked

from .conftest import Client

EXAMPLES = paths.ROOT / "examples"
OWN_ENVIRONMENT = paths.ROOT / ".venv-examples" / "bin" / "python"  # has skl2onnx


def run(*command: object) -> str:
    completed = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=400, check=False)
    assert completed.returncode == 0, completed.stderr
    return completed.stdout


def built_example(name: str, folder: Path, python: Path | None = None) -> Path:
    """Return a copy of an example's folder, with what its script makes in another environment or in this process."""
    copytree(EXAMPLES / name, folder)
    script = EXAMPLES / name / "make.py"
    if python:
        run(python, script, folder)
        return folder
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", [str(script), str(folder)])
        runpy.run_path(str(script), run_name="__main__")
    return folder


@contextmanager
def served(name: str, digits: Client, archive: Archive, folder: Path) -> Iterator[str]:
    """Package a folder, and register it. Yield the output of the command."""
    path = archive.path.with_name(f"{name}.mar")
    output = forked.succeed("package", folder, "--out", path).stdout
    with digits.server.manage(name) as management:
        management.register(path.name)
        yield output
        management.unregister(version.read())


def ask(client: Client, name: str, content: bytes | dict[str, Any]) -> Any:
    if isinstance(content, bytes):
        answer: httpx.Response = client.http.post(f"/predictions/{name}", content=content)
    else:
        answer = client.http.post(f"/predictions/{name}", json=content)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("name", ["diabetes", "face", "iris", "resnet", "shapes"])
def test_an_example_is_small_and_has_no_weights_in_git(name: str) -> None:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", f"examples/{name}"]
    listed = subprocess.run(command, cwd=paths.ROOT, capture_output=True, text=True, timeout=30, check=True).stdout
    files = [paths.ROOT / line for line in listed.splitlines()]
    assert {path.name for path in files} >= {"README.md", "make.py"}
    assert all(path.suffix in (".py", ".md", ".toml", ".json") for path in files)
    assert len((EXAMPLES / name / "README.md").read_text().splitlines()) <= 20
    declared = EXAMPLES / name / "model.toml"
    assert not declared.exists() or len(declared.read_text().splitlines()) <= 10


def test_a_regressor_of_scikit_learn(digits: Client, archive: Archive, tmp_path: Path) -> None:
    from sklearn.datasets import load_diabetes

    from examples.diabetes import make as diabetes

    with served("diabetes", digits, archive, built_example("diabetes", tmp_path / "own", OWN_ENVIRONMENT)) as output:
        assert "3 from the folder, 61 generated, 3 with outputs" in output
        _, rows, _, target = diabetes.split()  # 100 unseen patients
        expected = diabetes.trained().predict(rows)

        def value(row: npt.NDArray[Any]) -> float:
            named = dict(zip(load_diabetes().feature_names, row.tolist(), strict=True))
            (answer,) = ask(digits, "diabetes", {"instances": [named]})["predictions"]
            return float(answer["values"]["progression"])

        np.testing.assert_allclose([value(row) for row in rows], expected, rtol=1e-4)
        with ThreadPoolExecutor(64) as pool:
            np.testing.assert_allclose(list(pool.map(value, rows)), expected, rtol=1e-4)
        assert np.corrcoef(expected, target)[0, 1] > 0.5
        sample = (tmp_path / "own" / "samples" / "patient0.json").read_text()
        stated = json.loads((tmp_path / "own" / "samples" / "patient0.expected.json").read_text())
        (answer,) = ask(digits, "diabetes", {"instances": [json.loads(sample)]})["predictions"]
        assert answer["values"] == pytest.approx(stated["values"], abs=1e-3)


def test_a_network_from_python_with_two_outputs(digits: Client, archive: Archive, tmp_path: Path) -> None:
    with served("face", digits, archive, built_example("face", tmp_path / "own")) as output:
        assert "parity   with PyTorch at batch sizes 1, 2, 7, 64" in output
        samples = tmp_path / "own" / "samples"
        face, sleeve = (ask(digits, "face", (samples / name).read_bytes()) for name in ("face.png", "sleeve.png"))
        assert (len(face["box"]), face["face"][1] > 0.99) == (4, True)
        assert sleeve["face"][1] < 0.1


def test_an_architecture_of_torchvision(digits: Client, archive: Archive, tmp_path: Path) -> None:
    """Small images make the checks take seconds. torchvision's preprocessing is expected."""
    import torch
    from matplotlib import get_data_path
    from PIL import Image
    from safetensors.torch import load_file
    from torchvision.models import ResNet18_Weights, resnet18

    photograph = Path(get_data_path()) / "sample_data" / "grace_hopper.jpg"
    own = built_example("resnet", tmp_path / "own")
    small = {"size": {"shortest_edge": 64}, "crop_size": {"height": 56, "width": 56}}
    declared = own / "preprocessor_config.json"
    declared.write_text(json.dumps(json.loads(declared.read_text()) | small))
    with served("resnet", digits, archive, own):
        answer = ask(digits, "resnet", photograph.read_bytes())
    network = resnet18()
    network.load_state_dict(load_file(own / "weights.safetensors"))
    with Image.open(photograph) as image, torch.inference_mode():
        pixels = ResNet18_Weights.IMAGENET1K_V1.transforms(crop_size=56, resize_size=64)(image)
        expected = network.eval()(pixels[None]).softmax(dim=1)[0].numpy()
    np.testing.assert_allclose(answer["probabilities"], expected, atol=1e-3)
    labels = (own / "labels.txt").read_text().splitlines()
    assert answer["label"] == labels[int(expected.argmax())]
