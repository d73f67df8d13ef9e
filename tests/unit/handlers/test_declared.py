"""Declared models in the handler that serves all models."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

from handlers import counters
from inference import golden
from inference.declared.specification import load
from inference.golden import GoldenError
from inference.http_message import Message
from serving.declared import folder, resolution
from serving.declared.resolution import Resolved
from tests import declared
from tests.declared import COLUMNS, LABELS
from tests.messages import RAW, of_json, png, v2_binary
from tests.torchserve import Reply, Sent, Worker

pytestmark = pytest.mark.usefixtures("restored")
ROWS = np.array([[5.1, 3.5, 1.4, 0.2], [7.0, 3.2, 4.7, 1.4], [-1.0, 0.0, 1e-3, 40.0]], dtype=np.float32)
WHOLE, PARTIAL = dict.fromkeys(COLUMNS, 1), dict.fromkeys(COLUMNS[:3], 1)
VALUES = '[output]\nkind = "values"\nnames = ["a", "b%", "c"]'


def unpacked(path: Path, package: Resolved) -> Path:
    """Return a folder with the files that TorchServe unpacks from the archive."""
    model = {"modelName": package.spec.name, "modelVersion": "1.0", "handler": "inference_handler.py"}
    files = {**package.files, "MAR-INF/MANIFEST.json": json.dumps({"model": model}).encode()}
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return path


def packaged(path: Path, text: str) -> Path:
    package = resolution.resolve(folder.read(declared.folder(path / "own", text)))
    return unpacked(path / "unpacked", package)


def worker(path: Path, text: str = declared.MODEL) -> Worker:
    directory = packaged(path, text)
    return Worker(directory, load(directory / "declaration.json"))


def ask(served: Worker, message: Message) -> Reply:
    (reply,) = served.answer([Sent.http(message)])
    return reply


@pytest.fixture(scope="module")
def iris(tmp_path_factory: pytest.TempPathFactory) -> Worker:
    return worker(tmp_path_factory.mktemp("iris"))


def assert_is_iris(answer: dict[str, Any], row: Any) -> None:
    scores = np.exp(declared.logits(row))
    expected = scores / scores.sum()
    assert list(answer) == ["label", "confidence", "accepted", "probabilities", "model", "input"]
    assert (answer["label"], answer["accepted"], answer["model"]["name"]) == (LABELS[expected.argmax()], True, "iris")
    np.testing.assert_allclose([answer["confidence"], *answer["probabilities"]], [expected.max(), *expected], atol=1e-5)


@pytest.mark.parametrize(
    "message",
    [
        of_json({"x": ROWS.tolist()}),
        of_json({"instances": ROWS.tolist()}),
        of_json({"instances": [dict(zip(COLUMNS[::-1], row[::-1], strict=True)) for row in ROWS.tolist()]}),
        of_json(
            {"instances": [ROWS[0].tolist(), *(dict(zip(COLUMNS, row, strict=True)) for row in ROWS[1:].tolist())]}
        ),
        Message(ROWS.tobytes(), RAW),
    ],
    ids=["x", "rows", "objects", "mixed", "raw"],
)
def test_a_table_in_every_format(iris: Worker, message: Message) -> None:
    for answer, row in zip(ask(iris, message).json["predictions"], ROWS, strict=True):
        assert_is_iris(answer, row)


def test_a_table_as_tensors(iris: Worker) -> None:
    tensor = {"name": "row", "shape": [3, 4], "datatype": "FP32", "data": ROWS.ravel().tolist()}
    label, probabilities = ask(iris, of_json({"inputs": [tensor]})).json["outputs"]
    assert label["data"] == [LABELS[index] for index in declared.logits(ROWS).argmax(axis=1)]
    assert (probabilities["shape"], probabilities["datatype"]) == ([3, 3], "FP32")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"instances": [{"sepal length": 1}]}, "instances[0] has no columns 'sepal width', 'petal length'"),
        ({"instances": [[1, 2, 3, 4], {**WHOLE, "age": 2}]}, "instances[1] has the unknown column 'age'"),
        ({"instances": [{**PARTIAL, "petal": 1}]}, "has no column 'petal width' and has the unknown column 'petal'"),
        ({"instances": [dict.fromkeys(COLUMNS, "1")]}, 'column "sepal length" of instances[0] is "1", not a finite'),
        ({"instances": [dict.fromkeys(COLUMNS)]}, 'column "sepal length" of instances[0] is null'),
        ({"instances": [dict.fromkeys(COLUMNS, True)]}, 'column "sepal length" of instances[0] is true'),
        ({"instances": [{}]}, "instances[0] has no columns"),
        ({"x": [1, 2, 3]}, "x has 3 elements"),
        ({"x": [1, 2, 3, 1e39]}, 'column "petal width" of x is 1e+39, not a finite number'),
    ],
)
def test_wrong_columns_are_named(iris: Worker, content: dict[str, Any], message: str) -> None:
    reply = ask(iris, of_json(content))
    assert (reply.status, reply.json["type"]) == (400, "InvalidNumbers")
    assert message in reply.json["message"]
    assert "sepal length" in reply.json["hint"]


def test_an_object_by_column_is_told_where_it_belongs(iris: Worker) -> None:
    reply = ask(iris, of_json({"x": WHOLE}))
    members = ", ".join(f'"{column}": ...' for column in COLUMNS)
    assert reply.status == 400
    assert reply.json["hint"].endswith(f', or {{"instances": [{{{members}}}]}}')


def test_nan_and_a_wrong_length_are_the_clients_fault(iris: Worker) -> None:
    rows = ROWS.copy()
    rows[1, 2] = np.nan
    assert (
        ask(iris, Message(rows.tobytes(), RAW)).json["message"]
        == 'column "petal length" of row 1 is nan, not a finite number'
    )
    assert ask(iris, Message(rows.tobytes()[:-3], RAW)).status == 400
    assert ask(iris, v2_binary(rows.tobytes(), {"shape": [3, 4], "datatype": "FP64"})).status == 400
    assert ask(iris, Message(png(np.zeros((4, 4), dtype=np.uint8)), "image/png")).status == 415


def test_a_bad_row_costs_its_neighbours_nothing(iris: Worker) -> None:
    good, bad = Sent.http(of_json({"x": ROWS[0].tolist()})), Sent.http(of_json({"x": [1]}))
    replies = iris.answer([good, bad, good])
    assert [reply.status for reply in replies] == [200, 400, 200]
    assert_is_iris(replies[2].json, ROWS[0])


def test_the_description_is_the_models_card(iris: Worker) -> None:
    (reply,) = iris.answer([Sent(headers={"describe": "True"})])
    card = reply.json
    assert (card["labels"], card["columns"], card["kind"]) == (list(LABELS), list(COLUMNS), "logits")
    assert card["model"]["weights"] == card["sources"]["iris.onnx"]
    assert card["checks"]["generated"] == 64


def test_values_by_name(tmp_path: Path) -> None:
    served = worker(tmp_path, VALUES)
    answer = ask(served, of_json({"x": ROWS[0].tolist()})).json
    assert list(answer) == ["values", "model", "input"]
    assert list(answer["values"]) == ["a", "b%", "c"]
    np.testing.assert_allclose(list(answer["values"].values()), declared.logits(ROWS[0]), atol=1e-5)
    tensor = {"name": "row", "shape": [3, 4], "datatype": "FP32", "data": ROWS.ravel().tolist()}
    (values,) = ask(served, of_json({"inputs": [tensor]})).json["outputs"]
    assert (values["name"], values["shape"], values["datatype"]) == ("values", [3, 3], "FP32")
    np.testing.assert_allclose(values["data"], declared.logits(ROWS).ravel(), atol=1e-5)


def test_values_as_a_list(tmp_path: Path) -> None:
    answers = ask(worker(tmp_path, ""), of_json({"instances": ROWS.tolist()})).json["predictions"]
    np.testing.assert_allclose([answer["values"] for answer in answers], declared.logits(ROWS), atol=1e-5)


def test_tensors_by_name(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    declared.sums(tmp_path / "own" / "iris.onnx")
    served = worker(tmp_path, "")
    answers = ask(served, of_json({"instances": [[1, 2], [3.5, 4]]})).json
    assert answers == {"predictions": [{"sum": 3.0, "double": [2, 4]}, {"sum": 7.5, "double": [6, 8]}]}
    assert ask(served, of_json({"x": [1, 2]})).json == {"sum": 3.0, "double": [2, 4]}
    tensor = {"name": "pair", "shape": [2, 2], "datatype": "FP32", "data": [1, 2, 3, 4]}
    assert ask(served, of_json({"inputs": [tensor]})).json["outputs"] == [
        {"name": "sum", "shape": [2], "datatype": "FP32", "data": [3.0, 7.0]},
        {"name": "double", "shape": [2, 2], "datatype": "INT64", "data": [2, 4, 6, 8]},
    ]
    request = {"outputs": [{"name": "double", "parameters": {"binary_data": True}}]}
    reply = ask(served, of_json({"inputs": [tensor], **request}))
    data = reply.body[int(reply.headers["Inference-Header-Content-Length"]) :]
    assert np.frombuffer(data, "<i8").tolist() == [2, 4, 6, 8]
    wrong = ask(served, of_json({"inputs": [tensor], "outputs": [{"name": "product"}]})).json
    assert (wrong["type"], wrong["hint"]) == (
        "InvalidTensor",
        'send {"outputs": [{"name": "sum"}, {"name": "double"}]}, or leave outputs out',
    )


def test_whole_numbers_are_exact(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    declared.successors(tmp_path / "own" / "iris.onnx")
    served = worker(tmp_path, '[output]\nkind = "tensors"')
    large = 2**53 + 1
    tensor = {"name": "tokens", "shape": [1, 2], "datatype": "INT64", "data": [large, -3]}
    assert ask(served, of_json({"inputs": [tensor]})).json["outputs"][0]["data"] == [large + 1, -2]
    assert ask(served, of_json({"x": [large, 2.0]})).status == 200  # JSON may have 2.0 for 2
    assert ask(served, of_json({"instances": [[large, -3]]})).json == {"predictions": [{"next": [large + 1, -2]}]}
    for wrong in (1.5, "1", None, True, 1e300, 2**63):
        answer = ask(served, of_json({"x": [1, wrong]})).json
        assert (answer["code"], answer["type"]) == (400, "InvalidNumbers")
        assert answer["message"].startswith("number 1 of x is ")
        assert "not a whole number from" in answer["message"]
        assert ask(served, of_json({"inputs": [tensor | {"data": [1, wrong]}]})).status == 400


def test_images(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    declared.photos(tmp_path / "own" / "iris.onnx")
    served = worker(tmp_path, '[input]\nimage = {}\n[output]\nlabels = ["a", "b"]')
    photo = np.random.default_rng(5).integers(0, 256, (32, 32, 3)).astype(np.uint8)
    means = photo.mean(axis=(0, 1)) / 255
    scores = np.exp(means @ [[4.0, -1.0], [0.5, 2.0], [-3.0, 1.0]])
    for message in (
        Message(png(photo), "image/png"),
        Message(photo.tobytes(), RAW),
        of_json({"x": photo.tolist()}),
        of_json({"x": (photo / 255).tolist()}),
    ):
        np.testing.assert_allclose(ask(served, message).json["probabilities"], scores / scores.sum(), atol=1e-5)
    wrong = photo[:, :, 0]
    assert ask(served, of_json({"x": wrong.tolist()})).json["type"] == "InvalidPixels"


@pytest.mark.parametrize("text", [declared.MODEL, VALUES])
def test_a_worker_that_misses_its_reference_never_starts(tmp_path: Path, text: str) -> None:
    directory = packaged(tmp_path, text)
    expected = safetensors.numpy.load_file(directory / golden.FILE)
    name = next(name for name in expected if name != "rows")
    expected[name][3, 1] += 0.01
    safetensors.numpy.save_file(expected, directory / golden.FILE)
    with pytest.raises(GoldenError, match=r"golden (probabilities|values) are missed by 0\.0\d+; at most 1e-04"):
        Worker(directory, load(directory / "declaration.json"))


@pytest.mark.parametrize("text", [declared.MODEL, VALUES])
def test_requests_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(counters.FOLDER, str(tmp_path / "metrics"))
    served = worker(tmp_path, text)
    ask(served, of_json({"x": ROWS.tolist()}))
    ask(served, of_json({"x": [1]}))
    ((header, numbers),) = counters.read(tmp_path / "metrics")
    parts = {name.partition("_")[2]: part for name, part in header.split(numbers).items()}
    assert parts["requests_total"].sum() == 2
    assert parts["request_formats_total"].sum() == 1
    assert parts["predictions_total"].sum() == (3 if text == declared.MODEL else 0)
    counting = served.handler._telemetry._counters
    assert counting
    counting.close()
