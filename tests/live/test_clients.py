"""Unmodified clients of other projects: curl, a TensorFlow Serving client, and NVIDIA's tritonclient."""

import json
import subprocess
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from model.pixels import Images
from serving import paths
from serving.torchserve import keys

from .conftest import Client
from .test_dialects import image_file

TRITON_PYTHON = paths.ROOT / ".venv-clients" / "bin" / "python"
TRITON_SCRIPT = Path(__file__).parent / "clients" / "triton.py"


@pytest.fixture(scope="module")
def triton(digits: Client, test_set: tuple[Images, Any], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return tritonclient's results for the first three test images, by each of its formats."""
    path = tmp_path_factory.mktemp("triton") / "pixels"
    path.write_bytes(test_set[0][:3].tobytes())
    address = digits.server.inference.removeprefix("http://")
    key = keys.read(digits.server.directory).inference.value
    command: list[str | Path] = [TRITON_PYTHON, TRITON_SCRIPT, address, key, path]
    completed = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
    assert completed.returncode == 0, completed.stderr
    results: dict[str, Any] = json.loads(completed.stdout)
    return results


@pytest.mark.parametrize("way", ["JSON", "binary", "default outputs"])
def test_tritonclient(triton: dict[str, Any], digits: Client, test_set: tuple[Images, Any], way: str) -> None:
    result = triton[way]
    assert result["digit"] == test_set[1][:3].tolist()
    assert result["dtypes"] == ["int64", "float32"]
    assert result["shape"] == [3, 10]
    expected = digits.predict(test_set[0][:1].tobytes()).json()["probabilities"]
    assert result["probabilities"] == pytest.approx(expected, abs=1e-5)


def test_tritonclient_gets_its_request_id_back(triton: dict[str, Any]) -> None:
    assert [triton[way]["id"] for way in ("JSON", "binary")] == ["JSON", "binary"]


def test_tritonclient_understands_an_error(triton: dict[str, Any]) -> None:
    assert triton["error"]["status"] == "400"
    assert "783" in triton["error"]["message"]


def test_tensorflow_serving_client(digits: Client, test_set: tuple[Images, Any]) -> None:
    """The request follows the documentation: POST .../v1/models/NAME:predict with instances, read predictions."""
    images, labels = test_set
    body = {"signature_name": "serving_default", "instances": images[:5, :, :, np.newaxis].tolist()}
    headers = keys.read(digits.server.directory).inference.header
    url = f"{digits.server.inference}/v1/models/digits:predict"
    response = httpx.post(url, json=body, headers=headers, trust_env=False)
    assert [prediction["digit"] for prediction in response.json()["predictions"]] == labels[:5].tolist()


@pytest.mark.parametrize(
    "how",
    [
        ["-T", "seven.png"],
        ["-F", "data=@seven.png"],
        ["-F", "data=@seven.bin"],
        ["--data-binary", "@seven.png"],
        ["-H", "Content-Type: application/octet-stream", "--data-binary", "@seven.bin"],
        ["-H", "Content-Type: application/json", "-d", "@x.json"],
        ["-d", "@x.json"],
        ["-H", "Transfer-Encoding: chunked", "-T", "seven.png"],
    ],
)
def test_curl(digits: Client, seven: bytes, tmp_path: Path, how: list[str]) -> None:
    (tmp_path / "seven.png").write_bytes(image_file(seven, "PNG"))
    (tmp_path / "seven.bin").write_bytes(seven)
    (tmp_path / "x.json").write_text(json.dumps({"x": list(seven)}))
    key = keys.read(digits.server.directory).inference.value
    url = f"{digits.server.inference}/predictions/digits"
    command = ["curl", "-s", "--noproxy", "*", "-H", f"Authorization: Bearer {key}", *how, url]
    completed = subprocess.run(command, capture_output=True, check=True, cwd=tmp_path, timeout=240)
    assert json.loads(completed.stdout)["digit"] == 7
