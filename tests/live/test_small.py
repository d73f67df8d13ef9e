"""The environment without PyTorch: it packages and serves, by scripts/up --models and by plain TorchServe."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
import psutil
import pytest

from inference.classifier import softmax
from serving import paths
from serving.archives.record import Archive
from serving.torchserve import java, properties
from serving.torchserve.management import PLAIN, ready_workers
from tests import declared

from .commands import block, run_in
from .conftest import free_ports, until

SMALL = paths.ROOT / ".venv-small"
ROW = [5.1, 3.5, 1.4, 0.2]
pytestmark = pytest.mark.skipif(not SMALL.exists(), reason="scripts/test makes .venv-small")


@dataclass(frozen=True)
class Plain:
    """A plain TorchServe, not started by this repository, with two archives."""

    url: str

    def ask(self, path: str, body: bytes, content_type: str = "application/octet-stream") -> httpx.Response:
        headers = {"Content-Type": content_type}
        return httpx.post(self.url + path, content=body, headers=headers, timeout=60, trust_env=False)


def packaged(own: Path, out: Path) -> str:
    """Package a model in the small environment. Return the output."""
    command = [str(SMALL / "bin" / "python"), str(paths.COMMANDS), "package", str(own), "--out", str(out)]
    completed = run_in(paths.ROOT, command)
    return completed.stdout + completed.stderr


@pytest.fixture(scope="module")
def plain(archive: Archive, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plain]:
    folder = tmp_path_factory.mktemp("plain")
    store, scratch = folder / "store", folder / "t"
    for path in (store, scratch):
        path.mkdir()
    shutil.copy(archive.path, store)
    assert "batches  of 1, 2, 7, 64" in packaged(declared.folder(folder / "iris"), store / "iris.mar")
    settings = free_ports()
    (folder / "ports").write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
    torchserve = str(SMALL / "bin" / "torchserve")
    logs = {"LOG_LOCATION": str(folder), "METRICS_LOCATION": str(folder)}
    environment = os.environ | java.environment() | logs | {"TEMP": str(scratch), "TMPDIR": str(scratch)}
    command = [torchserve, "--start", "--ncs", "--disable-token-auth", "--ts-config", "ports"]
    command += ["--model-store", "store", "--models", "iris.mar", "digits.mar"]
    subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL, timeout=240)
    process = psutil.Process(int((scratch / ".model_server.pid").read_text()))
    try:
        until(lambda: ready(settings["management_address"]), seconds=120)
        yield Plain(settings["inference_address"])
    finally:
        command = [torchserve, "--stop"]
        subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL, timeout=240)
        process.wait(timeout=30)


def ready(management: str) -> bool:
    """Return True if both models have a READY worker."""
    try:
        with httpx.Client(base_url=management, trust_env=False, verify=PLAIN) as http:
            answers = [http.get(f"/models/{name}").json() for name in ("iris", "digits")]
    except (httpx.TransportError, ValueError):
        return False
    return all(isinstance(answer, list) and ready_workers(answer[0]) for answer in answers)


def test_pytorch_is_not_there() -> None:
    for package in ("torch", "captum", "matplotlib"):
        completed = subprocess.run(
            [SMALL / "bin" / "python", "-c", f"import {package}"],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert f"No module named '{package}'" in completed.stderr


def test_an_own_model_is_served(plain: Plain) -> None:
    scores = declared.logits(np.array([ROW], dtype=np.float32))
    expected = softmax(scores, 1.0)[0]
    for path, name in (("/predictions/iris", "x"), ("/v1/models/iris:predict", "instances")):
        answer = plain.ask(path, json.dumps({name: [ROW, ROW]}).encode(), "application/json").json()
        for prediction in answer["predictions"]:
            np.testing.assert_allclose(prediction["probabilities"], expected, atol=1e-4)
    tensor = {"name": "row", "shape": [1, 4], "datatype": "FP32", "data": ROW}
    outputs = plain.ask("/v2/models/iris/infer", json.dumps({"inputs": [tensor]}).encode(), "application/json").json()
    np.testing.assert_allclose(outputs["outputs"][1]["data"], expected, atol=1e-4)


def test_digits_are_read_and_errors_are_answered(plain: Plain, seven: bytes) -> None:
    assert plain.ask("/predictions/digits", seven).json()["digit"] == 7
    refused = plain.ask("/predictions/iris", b'{"x": [1]}', "application/json")
    assert (refused.status_code, refused.json()["type"]) == (400, "InvalidNumbers")


def test_an_own_model_is_explained(plain: Plain) -> None:
    answer = plain.ask("/explanations/iris", json.dumps({"x": ROW}).encode(), "application/json").json()
    assert sum(answer["attributions"].values()) == pytest.approx(answer["logit"] - answer["base"], abs=1e-3)


def test_digits_are_explained(plain: Plain, seven: bytes) -> None:
    answer = plain.ask("/explanations/digits", seven).json()
    assert np.sum(answer["attributions"]) == pytest.approx(answer["logit"] - answer["base"], abs=0.05)


def test_a_network_from_python_names_what_it_needs(tmp_path: Path) -> None:
    own = tmp_path / "net"
    own.mkdir()
    (own / "network.py").write_text("from torch import nn\n\n\ndef make():\n    return nn.Linear(4, 3)\n")
    (own / "model.toml").write_text('network = "network.py:make"\n[input]\ncolumns = ["a", "b", "c", "d"]\n')
    (line,) = packaged(own, tmp_path / "net.mar").splitlines()
    assert line.startswith("error: packaging needs the package torch: ")
    assert line.endswith("requirements/train.txt")
    assert not (tmp_path / "net.mar").exists()


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Return a copy of the repository with the small environment, and without bundles and archives."""
    copy = tmp_path / "clone"
    for name in ("handlers", "inference", "model", "playground", "requirements", "scripts", "serving", "training"):
        shutil.copytree(paths.ROOT / name, copy / name)
    for name in ("log4j2.xml", "pyproject.toml"):
        shutil.copy(paths.ROOT / name, copy / name)
    properties.write(properties.read() | {"warm_up_seconds": "0"}, copy / "config.properties")
    (copy / ".venv").symlink_to(SMALL)
    return copy


def test_a_folder_of_models_is_served_by_one_command(clone: Path, tmp_path: Path) -> None:
    for name in ("iris", "flower"):
        declared.folder(tmp_path / "models" / name, declared.MODEL.replace('"iris"', f'"{name}"', 1))
    try:
        completed = run_in(clone, ["scripts/up", "--models", str(tmp_path / "models"), "--ports", str(block())])
        assert completed.returncode == 0, completed.stdout + completed.stderr
        assert "installing" not in completed.stdout
        for name in ("iris", "flower"):
            assert (
                f"{name} is ready. A sample of its archive was answered as when it was packaged: " in completed.stdout
            )
        curl = [line.strip() for line in completed.stdout.splitlines() if line.endswith("/predictions/flower")]
        assert json.loads(run_in(clone, ["bash", "-c", f"{curl[0]} -s"]).stdout)["predictions"][0]["label"]
        assert not (clone / "bundles").exists()  # nothing was trained
    finally:
        stopped = run_in(clone, ["scripts/down"])
    assert stopped.stdout == "stopped\n", stopped.stderr
