"""The iris example from its script to a correct answer: made, packaged, registered at a TorchServe, and queried."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from shutil import copytree
from typing import Any

import httpx
import numpy as np
import onnxruntime
import pytest
from PIL import Image

from inference import golden
from serving import version
from serving.archives import assembly, record
from serving.archives.record import Archive
from serving.declared import build, folder, resolution
from serving.paths import ROOT
from serving.torchserve.management import ManagementError
from tests import declared, forked
from tests.iris import CLASSES, ROWS
from tests.messages import png

from .conftest import Client

EXAMPLE = ROOT / "examples" / "iris"
COLUMNS = ("sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)")
LABELS = ("setosa", "versicolor", "virginica")


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the example's folder, with the files that its script makes."""
    path = copytree(EXAMPLE, tmp_path_factory.mktemp("example") / "iris")
    command = [sys.executable, str(EXAMPLE / "make.py"), str(path)]
    subprocess.run(command, check=True, timeout=240)
    return path


@pytest.fixture(scope="module")
def served(digits: Client, archive: Archive, own: Path) -> Iterator[Client]:
    """Register iris at the node of the session, and yield the node."""
    built = forked.succeed("package", own, "--out", archive.path.with_name("iris.mar"))
    assert "2 from the folder, 62 generated, 2 with outputs" in built.stdout
    with digits.server.manage("iris") as management:
        management.register("iris.mar")
        yield digits
        management.unregister(version.read())


@pytest.fixture(scope="module")
def expected(own: Path) -> Any:
    """Return the probabilities of the original model for all flowers, float32 (150, 3)."""
    return onnxruntime.InferenceSession(own / "iris.onnx").run(None, {"measurements": ROWS})[0]


def ask(client: Client, content: Any, path: str = "/predictions/iris") -> httpx.Response:
    if isinstance(content, bytes):
        return client.http.post(path, content=content, headers={"Content-Type": "application/octet-stream"})
    return client.http.post(path, json=content)


def test_the_model_is_declared_in_ten_lines_and_its_weights_are_not_in_git() -> None:
    assert len((EXAMPLE / "model.toml").read_text().splitlines()) <= 10
    command = ["git", "check-ignore", "--quiet", "examples/iris/iris.onnx"]
    assert subprocess.run(command, cwd=ROOT, timeout=30, check=False).returncode == 0


def test_most_flowers_are_labelled_right(served: Client, expected: Any) -> None:
    answers = ask(served, {"instances": ROWS.tolist()}).json()["predictions"]
    np.testing.assert_allclose([answer["probabilities"] for answer in answers], expected, atol=1e-4)
    labels = [LABELS.index(answer["label"]) for answer in answers]
    assert np.mean(labels == CLASSES) > 0.95


@pytest.mark.parametrize(
    ("content", "path"),
    [
        ({"x": ROWS[:2].tolist()}, "/predictions/iris"),
        ({"instances": [dict(zip(COLUMNS, row, strict=True)) for row in ROWS[:2].tolist()]}, "/predictions/iris"),
        ({"instances": ROWS[:2].tolist()}, "/v1/models/iris:predict"),
        (ROWS[:2].tobytes(), "/predictions/iris"),
    ],
    ids=["x", "objects", "v1", "raw"],
)
def test_every_format_gives_the_same_answer(served: Client, expected: Any, content: Any, path: str) -> None:
    answers = ask(served, content, path).json()["predictions"]
    np.testing.assert_allclose([answer["probabilities"] for answer in answers], expected[:2], atol=1e-4)
    assert [answer["model"]["name"] for answer in answers] == ["iris"] * 2


def test_the_open_inference_protocol(served: Client, expected: Any) -> None:
    tensor = {"name": "measurements", "shape": [2, 4], "datatype": "FP32", "data": ROWS[:2].ravel().tolist()}
    answer = ask(served, {"id": "7", "inputs": [tensor]}, "/v2/models/iris/infer").json()
    assert (answer["model_name"], answer["id"]) == ("iris", "7")
    label, probabilities = answer["outputs"]
    assert (label["datatype"], label["data"]) == ("BYTES", ["setosa", "setosa"])
    np.testing.assert_allclose(probabilities["data"], expected[:2].ravel(), atol=1e-4)


def test_64_clients_get_what_one_gets(served: Client, expected: Any) -> None:
    def predict(index: int) -> Any:
        return ask(served, {"x": ROWS[index].tolist()}).json()["probabilities"]

    with ThreadPoolExecutor(64) as pool:
        answers = list(pool.map(predict, range(100)))
    np.testing.assert_allclose(answers, expected[:100], atol=1e-4)


@pytest.mark.parametrize(
    ("content", "status", "message"),
    [
        ({"instances": [dict.fromkeys(COLUMNS[:3], 1)]}, 400, "instances[0] has no column 'petal width (cm)'"),
        ({"instances": [dict.fromkeys((*COLUMNS, "age"), 1)]}, 400, "instances[0] has the unknown column 'age'"),
        ({"instances": [dict.fromkeys(COLUMNS, "wide")]}, 400, 'is "wide", not a finite number'),
        ({"x": [1, 2, 3]}, 400, "x has 3 elements"),
        (np.array([1, 2, 3, np.nan], dtype=np.float32).tobytes(), 400, "is nan, not a finite number"),
        (b"\x89PNG\r\n\x1a\n12345678901", 400, "19 bytes are not a multiple of 16"),
    ],
)
def test_wrong_columns_and_numbers_are_the_clients_fault(
    served: Client, content: Any, status: int, message: str
) -> None:
    answer = ask(served, content)
    assert answer.status_code == status
    assert message in answer.json()["message"]


def test_the_description_has_labels_columns_and_checks(served: Client) -> None:
    with served.server.manage("iris") as management:
        header = management.keys.management.header
    url = f"{served.server.management}/models/iris"
    response = httpx.get(url, params={"customized": "true"}, headers=header, trust_env=False)
    card = response.json()[0]["customizedMetadata"]
    assert (card["labels"], card["columns"], card["checks"]["expected"]) == (list(LABELS), list(COLUMNS), 2)
    assert card["model"]["weights"] == card["sources"]["iris.onnx"]


def test_a_row_is_explained_by_column(served: Client, expected: Any) -> None:
    row, tensor = (
        ROWS[0].tolist(),
        {"name": "measurements", "shape": [1, 4], "datatype": "FP32", "data": ROWS[0].tolist()},
    )
    answer = ask(served, {"x": row}, "/explanations/iris?method=kernel_shap&target=second&seed=3").json()
    second = int(np.argsort(-expected[0])[1])
    assert (answer["label"], answer["target"]) == ("setosa", LABELS[second])
    assert answer["log_probability"] == pytest.approx(np.log(expected[0, second]), abs=1e-3)
    assert list(answer["attributions"]) == list(COLUMNS)
    assert sum(answer["attributions"].values()) == pytest.approx(answer["log_probability"] - answer["base"], abs=1e-2)
    for method in ("lime", "occlusion"):
        assert ask(served, {"x": row}, f"/explanations/iris?method={method}").json()["target"] == "setosa"
    plain = ask(served, {"x": row}, "/explanations/iris").json()
    for content, path in (
        ({"instances": [row]}, "/v1/models/iris:explain"),
        ({"inputs": [tensor]}, "/v2/models/iris/explain"),
    ):
        assert ask(served, content, path).json() | {"input": 0} == plain | {"input": 0}
    assert Image.open(BytesIO(ask(served, {"x": row}, "/explanations/iris?format=png").content)).size == (580, 256)
    refused = ask(served, {"x": row}, "/explanations/iris?method=gradient_shap")
    assert (refused.status_code, refused.json()["type"]) == (400, "InvalidQuery")


@contextmanager
def registered(served: Client, store: Path, own: Path) -> Iterator[str]:
    """Package the folder of a model, and register it. Yield its name, which is the name of the folder."""
    resolved = resolution.resolve(folder.read(own))
    build.build(resolved, store / f"{own.name}.mar", version.read())
    with served.server.manage(own.name) as management:
        management.register(f"{own.name}.mar")
        yield own.name
        management.unregister(version.read())


def test_an_image_is_served(served: Client, archive: Archive, tmp_path: Path) -> None:
    text = '[input]\nimage = { image_mean = [0.5], image_std = [0.25] }\n[output]\nlabels = ["day", "night"]'
    declared.photos(declared.folder(tmp_path / "photos", text) / "iris.onnx")
    photo = np.random.default_rng(5).integers(0, 256, (32, 32, 3)).astype(np.uint8)
    scores = np.exp((photo.mean(axis=(0, 1)) / 255 - 0.5) / 0.25 @ [[4.0, -1.0], [0.5, 2.0], [-3.0, 1.0]])
    with registered(served, archive.path.parent, tmp_path / "photos") as name:
        answer = served.http.post(f"/predictions/{name}", content=png(photo), headers={"Content-Type": "image/png"})
        np.testing.assert_allclose(answer.json()["probabilities"], scores / scores.sum(), atol=1e-4)
        assert answer.json()["input"] == {"format": "PNG", "width": 32, "height": 32, "steps": []}
        assert ask(served, b"\x89PNG\r\n\x1a\n", f"/predictions/{name}").status_code == 400
        assert_explained(served, name, photo, scores)


def assert_explained(served: Client, name: str, photo: Any, scores: Any) -> None:
    """Check that each pixel has a share. The shares add up to the score of the photo less that of its mean colour."""
    for method in ("kernel_shap", "lime", "occlusion"):
        answer = ask(served, photo.tobytes(), f"/explanations/{name}?method={method}&target=day").json()
        shares = np.array(answer["attributions"])
        assert shares.shape == (32, 32)
        assert (answer["method"], answer["image"]) == (method, photo.tolist())
        assert answer["logit"] == pytest.approx(np.log(scores[0]), abs=1e-3)
        if method == "kernel_shap":
            assert shares.sum() == pytest.approx(answer["logit"] - answer["base"], abs=1e-3)
    picture = ask(served, photo.tobytes(), f"/explanations/{name}?format=png")
    assert Image.open(BytesIO(picture.content)).size == (580, 700)


def test_values_and_tensors_are_served(served: Client, archive: Archive, tmp_path: Path) -> None:
    text = '[output]\ntensor = "sum"\nnames = ["total"]'
    for name, own in (("total", text), ("sums", "")):
        declared.sums(declared.folder(tmp_path / name, own) / "iris.onnx")
    content = {"instances": [[1, 2], [3.5, 4]]}
    with registered(served, archive.path.parent, tmp_path / "total") as name:
        answers = ask(served, content, f"/v1/models/{name}:predict").json()["predictions"]
        assert [answer["values"] for answer in answers] == [{"total": 3.0}, {"total": 7.5}]
    with registered(served, archive.path.parent, tmp_path / "sums") as name:
        expected = [{"sum": 3.0, "double": [2, 4]}, {"sum": 7.5, "double": [6, 8]}]
        assert ask(served, content, f"/predictions/{name}").json() == {"predictions": expected}


def test_a_worker_that_misses_its_reference_never_becomes_ready(
    served: Client, archive: Archive, own: Path, tmp_path: Path, seven: bytes
) -> None:
    resolved = resolution.resolve(folder.read(own))
    rows = resolved.samples.rows[:4]
    package = replace(
        resolved, files={**resolved.files, golden.FILE: golden.record(rows, resolved.network.predict(rows[::-1]))}
    )
    content = assembly.assemble(record.sources(package), "wrong", version.read(), tmp_path).read_bytes()
    path = archive.path.with_name("wrong.mar")
    assembly.publish(content, path, "", "wrong", version.read())
    with served.server.manage("wrong") as management:
        with pytest.raises(ManagementError):
            management.register("wrong.mar")
        assert ask(served, {"x": ROWS[0].tolist()}, "/predictions/wrong").status_code in (404, 503)
    assert served.predict(seven).json()["digit"] == 7
    assert ask(served, {"x": ROWS[0].tolist()}).json()["label"] == "setosa"
