"""A table model as the only one of a node: its metadata for clients, and drift against its training data."""

import csv
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree
from typing import Any

import numpy as np
import pytest
from prometheus_client.parser import text_string_to_metric_families

from serving import paths, version
from serving.archives import admission
from serving.gateway import haproxy
from serving.node.metrics import Metrics
from tests import forked
from tests.iris import ROWS

from ..conftest import until
from .conftest import Node, refused, stand

CLIENT = Path(__file__).parents[1] / "clients" / "triton_metadata.py"
TRITON = paths.ROOT / ".venv-clients" / "bin" / "python"
COLUMNS = ("sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)")
LABELS = ["setosa", "versicolor", "virginica"]
VERSION = version.read()


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """Yield a node that serves iris, packaged with a table that has one column more than the inputs of the model."""
    if not haproxy.find():
        pytest.skip("no HAProxy: scripts/test installs it where apt-get may")
    work = tmp_path_factory.mktemp("own")
    folder = copytree(paths.ROOT / "examples" / "iris", work / "iris")
    with (work / "train.csv").open("w", newline="") as file:
        csv.writer(file).writerows([[*COLUMNS, "species"], *([*row, 1] for row in ROWS.tolist())])
    subprocess.run([sys.executable, str(folder / "make.py"), str(folder)], check=True, timeout=240)
    archive = work / "node" / "model_store" / "iris.mar"
    archive.parent.mkdir(parents=True)
    reference = ("--reference", work / "train.csv")
    printed = forked.succeed("package", folder, "--out", archive, *reference).stdout
    assert "drift    is held against 150 examples of the training data" in printed
    with stand(work / "node", admission.admit(archive)) as started:
        yield started


def get(node: Node, path: str) -> Any:
    with node.http() as http:
        response = http.get(path)
    assert response.status_code == 200, response.text
    return response.json()


def test_metadata_and_state_need_no_key(node: Node) -> None:
    metadata = get(node, "/v2/models/iris")
    assert (metadata["name"], metadata["versions"], metadata["platform"]) == ("iris", [VERSION], "onnxruntime_onnx")
    assert metadata["inputs"] == [{"name": "measurements", "datatype": "FP32", "shape": [-1, 4]}]
    assert metadata["outputs"] == [
        {"name": "label", "datatype": "BYTES", "shape": [-1]},
        {"name": "probabilities", "datatype": "FP32", "shape": [-1, 3]},
    ]
    assert (metadata["parameters"]["labels"], metadata["parameters"]["columns"]) == (LABELS, list(COLUMNS))
    assert get(node, f"/v2/models/iris/versions/{VERSION}") == metadata
    for path in ("/v2/models/iris/ready", f"/v2/models/iris/versions/{VERSION}/ready"):
        assert get(node, path) == {"name": "iris", "ready": True}
    (state,) = get(node, "/v1/models/iris")["model_version_status"]
    assert (state["version"], state["state"]) == (VERSION, "AVAILABLE")
    assert get(node, "/v1/models") == {"models": ["iris"]}
    assert "/v2/models/iris" in (document := node.http().get("/openapi.yaml").text)
    assert "petal width (cm)" in document


@pytest.mark.parametrize(
    "path", ["/v2/models/roses", "/v2/models/roses/ready", "/v2/models/iris/versions/9", "/v1/models/uploads"]
)
def test_unknown_models_and_versions_are_not_found(node: Node, path: str) -> None:
    with node.http() as http:
        error = refused(http.get(path), 404, "NotFound").json()
    assert error["hint"] == f"served are {VERSION if 'versions' in path else 'iris'}"


def test_tritonclient_reads_the_metadata(node: Node) -> None:
    address = node.gateway.url.removeprefix("https://")
    command = [str(TRITON), str(CLIENT), address, str(node.gateway.certificate), "iris"]
    completed = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
    assert completed.returncode == 0, completed.stderr
    results = json.loads(completed.stdout)
    assert [results[key] for key in ("live", "ready", "model ready", "version ready")] == [True] * 4
    assert (results["unknown ready"], results["error"]) == (False, "404")
    assert results["server"]["extensions"] == ["binary_tensor_data"]
    assert results["model"]["inputs"][0]["shape"] == [-1, 4]


def test_a_column_that_drifts_is_counted_in_another_bin(node: Node) -> None:
    drifted = ROWS + np.array([0, 0, 0, 10], dtype=np.float32)
    with node.http(**node.key("drift", "predict")) as http:
        answer = http.post("/predictions/iris", json={"x": drifted.tolist()})
    assert answer.status_code == 200, answer.text

    def counted() -> dict[tuple[str, str, str], float]:
        page = Metrics(node.server.directory).page()[2].decode()
        return {
            (sample.name, sample.labels["statistic"], sample.labels["bin"]): sample.value
            for family in text_string_to_metric_families(page)
            for sample in family.samples
            if "statistic" in sample.labels and sample.labels["model"] == "iris"
        }

    until(lambda: counted().get(("inference_input_examples_total", COLUMNS[3], "9")) == 150, 20)
    values = counted()
    assert 10 <= values["inference_input_examples_total", COLUMNS[0], "9"] <= 25
    assert values["inference_reference_share", COLUMNS[3], "9"] < 0.2
    shares = [values["inference_reference_share", "label", label] for label in LABELS]
    assert sum(shares) == pytest.approx(1.0)
