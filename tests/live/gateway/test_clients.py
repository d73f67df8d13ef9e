"""Unmodified clients of other projects at the gateway: TLS, keys, and all calls of their protocols."""

import json
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from model.pixels import Images
from serving import paths
from tests.processes import bounded

from .conftest import Node

SCRIPTS = Path(__file__).parents[1] / "clients"
CLIENTS, KSERVE = (paths.ROOT / folder / "bin" / "python" for folder in (".venv-clients", ".venv-kserve"))
SECONDS = 120


@pytest.fixture(scope="module")
def pixels(test_set: tuple[Images, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file of the first three test images, raw."""
    path = tmp_path_factory.mktemp("clients") / "pixels"
    path.write_bytes(test_set[0][:3].tobytes())
    return path


@pytest.fixture(scope="module")
def labels(test_set: tuple[Images, Any]) -> list[int]:
    """Return the labels of the first three test images."""
    digits: list[int] = test_set[1][:3].tolist()
    return digits


def run(node: Node, python: Path, script: str, pixels: Path) -> Any:
    """Return the JSON output of a script."""
    key = node.key(script)["Authorization"].removeprefix("Bearer ")
    command: list[str | Path] = [python, SCRIPTS / script, f"127.0.0.1:{node.port}", node.gateway.certificate, key]
    completed = subprocess.run([*command, pixels], capture_output=True, text=True, check=False, timeout=SECONDS)
    assert completed.returncode == 0, completed.stderr
    return json.loads(completed.stdout)


def test_tritonclient_http(node: Node, pixels: Path, labels: list[int]) -> None:
    results = run(node, CLIENTS, "triton_http.py", pixels)
    assert all(results[name] for name in ("live", "ready", "model ready", "version ready"))
    assert results["server"]["extensions"] == ["binary_tensor_data"]
    assert results["model"]["inputs"][0]["datatype"] == "UINT8"
    assert results["digit"] == labels
    assert results["without key"] == "401"
    for algorithm in ("gzip", "deflate"):
        assert results[algorithm] == {"digit": labels * 50, "answer": [algorithm]}


def test_tritonclient_grpc(node: Node, pixels: Path, labels: list[int], http: httpx.Client) -> None:
    results = run(node, CLIENTS, "triton_grpc.py", pixels)
    assert all(results[name] for name in ("live", "ready", "model ready"))
    assert results["server"] == "inference"
    assert results["model"][1:] == [["digit", [-1]], ["probabilities", [-1, 10]]]
    assert results["id"] == "a"
    assert results["digit"] == labels
    raw = http.post("/predictions/digits", content=pixels.read_bytes()[:784]).json()["probabilities"]
    assert results["probabilities"] == pytest.approx(raw, abs=1e-5)
    assert (results["gzip"], results["outputs"]) == (results["probabilities"], ["probabilities"])
    for name, status, text in (
        ("shape", "INVALID_ARGUMENT", "783"),
        ("key", "UNAUTHENTICATED", "KEY in the metadata"),
        ("model", "NOT_FOUND", "unknown path"),
        ("size", "RESOURCE_EXHAUSTED", "10 MiB"),
        ("deadline", "DEADLINE_EXCEEDED", ""),
        ("call", "UNIMPLEMENTED", ""),
    ):
        assert results["errors"][name].startswith(f"StatusCode.{status}"), results["errors"]
        assert text in results["errors"][name]


def test_kserve_clients(node: Node, pixels: Path, labels: list[int]) -> None:
    results = run(node, KSERVE, "kserve_clients.py", pixels)
    assert results["gRPC"] == {
        "live": True,
        "ready": True,
        "model ready": True,
        "digit": labels,
        "typed": labels,
        "without key": "UNAUTHENTICATED",
    }
    assert results["REST"] == {
        **dict.fromkeys(("live", "ready", "model ready", "v1 live", "v1 ready"), True),
        **dict.fromkeys(("binary", "JSON", "v1"), labels),
        "explained": [labels[0], 28, 28],
    }


def test_mlserver_request(http: httpx.Client, pixels: Path, labels: list[int]) -> None:
    command: list[str | Path] = [CLIENTS, SCRIPTS / "mlserver_types.py", pixels]
    with bounded(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)) as process:
        assert process.stdin
        assert process.stdout
        answers = []
        for _ in range(2):
            headers = {"Content-Type": "application/json"}
            answers.append(http.post("/v2/models/digits/infer", content=process.stdout.readline(), headers=headers))
        assert [answer.json()["outputs"][0]["data"] for answer in answers] == [labels, labels]
        understood, _ = process.communicate(answers[0].text + "\n", timeout=SECONDS)
    assert json.loads(understood) == labels


def test_tensorflow_serving_rest(http: httpx.Client, pixels: Path, labels: list[int]) -> None:
    """Requests follow the documentation of TensorFlow Serving: the state of the model, then predictions in rows."""
    rows = [list(pixels.read_bytes()[start : start + 784]) for start in range(0, 3 * 784, 784)]
    state = http.get("/v1/models/digits").json()["model_version_status"]
    assert [version["state"] for version in state] == ["AVAILABLE"]
    answer = http.post("/v1/models/digits:predict", json={"signature_name": "serving_default", "instances": rows})
    assert [prediction["digit"] for prediction in answer.json()["predictions"]] == labels
