"""Explanations of declared models by the handler: the answers of each kind, and the refusals."""

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inference.explanations import explained
from inference.http_message import Message
from inference.treatment import Treatment
from tests import declared
from tests.declared import COLUMNS, LABELS
from tests.messages import RAW, of_json, png, v2_binary
from tests.torchserve import Reply, Sent, Worker

from .test_declared import ROWS, VALUES, ask, worker

pytestmark = pytest.mark.usefixtures("restored")
METHODS = ("kernel_shap", "lime", "occlusion")
IMAGE = '[input]\nimage = {}\n[output]\nlabels = ["a", "b"]'


@pytest.fixture(scope="module")
def iris(tmp_path_factory: pytest.TempPathFactory) -> Worker:
    return worker(tmp_path_factory.mktemp("iris"))


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Worker:
    path = tmp_path_factory.mktemp("photos")
    (path / "own").mkdir()
    declared.photos(path / "own" / "iris.onnx")
    return worker(path, IMAGE)


def explain(served: Worker, message: Message, query: str = "", **headers: str) -> Reply:
    sent = Sent.http(message, explain="True", url_path=f"/explanations/own{query}", **headers)
    (reply,) = served.answer([sent])
    return reply


ROW = of_json({"x": ROWS[0].tolist()})


@pytest.mark.parametrize("method", METHODS)
def test_a_table_by_column(iris: Worker, method: str) -> None:
    answer = explain(iris, ROW, f"?method={method}&seed=3").json
    prediction = ask(iris, ROW).json
    assert list(answer) == [
        "label", "confidence", "target", "probability", "method", "samples", "seed", "logit", "base", "attributions",
        "row", "model", "input",
    ]  # fmt: skip
    assert answer["label"] == answer["target"] == prediction["label"]
    assert answer["confidence"] == answer["probability"] == pytest.approx(prediction["confidence"], abs=1e-6)
    assert (answer["method"], answer["seed"]) == (method, 3)
    assert list(answer["attributions"]) == list(answer["row"]) == list(COLUMNS)
    assert list(answer["row"].values()) == pytest.approx(ROWS[0].tolist())
    assert answer["logit"] == pytest.approx(declared.logits(ROWS[0])[LABELS.index(answer["target"])], abs=1e-4)
    assert (answer["model"], answer["input"]) == (prediction["model"], prediction["input"])
    if method == "kernel_shap":
        assert sum(answer["attributions"].values()) == pytest.approx(answer["logit"] - answer["base"], abs=1e-3)


def test_every_target_and_dialect(iris: Worker) -> None:
    order = np.argsort(-declared.logits(ROWS[0])).tolist()
    assert explain(iris, ROW, "?target=second").json["target"] == LABELS[order[1]]
    for label in LABELS:
        assert explain(iris, ROW, f"?target={label}").json["target"] == label
    expected = explain(iris, ROW).json
    named = dict(zip(COLUMNS, ROWS[0].tolist(), strict=True))
    for message in (
        of_json({"instances": [named]}),
        Message(ROWS[0].tobytes(), RAW),
        v2_binary(ROWS[0].tobytes(), {"name": "row", "shape": [1, 4], "datatype": "FP32"}),
    ):
        assert explain(iris, message).json | {"input": 0} == expected | {"input": 0}


@pytest.mark.parametrize(
    ("query", "message", "hint"),
    [
        (
            "?method=integrated_gradients",
            "unknown method 'integrated_gradients'",
            "send one of kernel_shap, lime, occlusion",
        ),
        ("?method=lime&samples=63", "invalid samples '63'", "send a whole number from 64 to 2048 for this method"),
        ("?samples=2049", "invalid samples '2049'", "64 to 2048"),
        ("?method=occlusion&samples=5", "invalid samples '5'", "send 4 or nothing for this method"),
        ("?target=rose", "unknown target 'rose'", "setosa, versicolor, virginica, predicted, second"),
        (
            "?baseline=zero",
            "unknown parameter 'baseline'",
            "use method, target, samples, seed and format",
        ),
    ],
)
def test_a_wrong_query_is_told_what_it_may_be(iris: Worker, query: str, message: str, hint: str) -> None:
    reply = explain(iris, ROW, query)
    assert (reply.status, reply.json["type"]) == (400, "InvalidQuery")
    assert message in reply.json["message"]
    assert hint in reply.json["hint"]


def test_one_row_a_request(iris: Worker) -> None:
    reply = explain(iris, of_json({"x": ROWS.tolist()}))
    assert (reply.status, reply.json["type"], reply.json["hint"]) == (413, "TooLarge", "send one row per request")
    assert explain(iris, of_json({"x": [1, 2]})).json["type"] == "InvalidNumbers"


@pytest.mark.parametrize("query", ["?format=png", "?format=png&method=occlusion"])
def test_pictures(iris: Worker, photos: Worker, query: str) -> None:
    photo = np.random.default_rng(5).integers(0, 256, (32, 32, 3)).astype(np.uint8)
    for served, message, size in ((iris, ROW, (580, 256)), (photos, Message(png(photo), "image/png"), (580, 700))):
        reply = explain(served, message, query)
        assert (reply.status, reply.headers["content-type"]) == (200, "image/png")
        assert Image.open(BytesIO(reply.body)).size == size
        assert explain(served, message, accept="image/png").headers["content-type"] == "image/png"


@pytest.mark.parametrize("method", METHODS)
def test_an_image_by_pixel(photos: Worker, method: str) -> None:
    """The network sums weighted means of channels, so red pixels increase the score of "a" at any place."""
    photo = np.zeros((32, 32, 3), np.uint8)
    photo[:, :, 1] = 120
    photo[4:12, 16:24] = (255, 0, 0)
    answer = explain(photos, Message(png(photo), "image/png"), f"?method={method}&target=a").json
    shares = np.array(answer["attributions"])
    assert shares.shape == (32, 32)
    assert answer["image"] == photo.tolist()
    assert shares[5:11, 17:23].mean() > shares[:, :12].max()
    if method == "kernel_shap":
        assert shares.sum() == pytest.approx(answer["logit"] - answer["base"], abs=1e-3)


def test_a_large_image_is_explained_by_blocks(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    declared.photos(tmp_path / "own" / "iris.onnx", 258)
    served = worker(tmp_path, IMAGE)
    photo = np.zeros((258, 258, 3), np.uint8)
    answer = explain(served, Message(png(photo), "image/png"), "?samples=64").json
    assert answer["block"] == 2
    assert np.shape(answer["attributions"]) == (129, 129)
    assert np.shape(answer["image"]) == (129, 129, 3)
    assert np.sum(answer["attributions"]) == pytest.approx(answer["logit"] - answer["base"], abs=1e-3)


def test_values_by_name_or_index(tmp_path: Path) -> None:
    named = worker(tmp_path / "named", VALUES)
    answer = explain(named, ROW, "?target=b%25").json
    assert list(answer)[:6] == ["target", "method", "samples", "seed", "value", "base"]
    assert list(answer)[6:] == ["attributions", "row", "model", "input"]
    assert (answer["target"], explain(named, ROW).json["target"]) == ("b%", "a")
    assert answer["value"] == pytest.approx(declared.logits(ROWS[0])[1], abs=1e-4)
    assert np.sum(answer["attributions"]) == pytest.approx(answer["value"] - answer["base"], abs=1e-3)
    assert explain(named, ROW, "?target=second").json["hint"] == "send one of a, b%, c"
    assert explain(named, ROW, "?format=png").headers["content-type"] == "image/png"
    listed = worker(tmp_path / "listed", "")
    assert explain(listed, ROW, "?target=2").json["target"] == 2
    assert explain(listed, ROW, "?target=3").json["hint"] == "send one of 0, 1, 2"


def test_of_probabilities_the_logarithm_is_explained(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    declared.iris(tmp_path / "own" / "iris.onnx", last="Softmax")
    served = worker(tmp_path, f"[output]\nlabels = {list(LABELS)}")
    answer = explain(served, ROW).json
    assert answer["log_probability"] == pytest.approx(np.log(answer["probability"]), abs=1e-5)
    assert np.sum(answer["attributions"]) == pytest.approx(answer["log_probability"] - answer["base"], abs=1e-3)


def test_tensors_are_not_explained(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    declared.sums(tmp_path / "own" / "iris.onnx")
    reply = explain(worker(tmp_path, ""), of_json({"x": [1, 2]}))
    assert (reply.status, reply.json["type"]) == (501, "NotSupported")


def test_the_mean_of_the_folders_samples_is_the_baseline(tmp_path: Path) -> None:
    samples = tmp_path / "own" / "samples"
    samples.mkdir(parents=True)
    for index, row in enumerate(ROWS[:2].tolist()):
        (samples / f"{index}.json").write_text(str(row))
    answer = explain(worker(tmp_path), ROW, "?target=setosa").json
    assert answer["base"] == pytest.approx(declared.logits(ROWS[:2].mean(axis=0))[0], abs=1e-4)


def test_an_explanation_that_takes_too_long_is_refused(iris: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explained, "MOST", 1e-12)
    reply = explain(iris, ROW)
    assert (reply.status, reply.json["type"]) == (413, "TooLarge")
    assert "the estimated time for " in reply.json["message"]
    assert reply.json["hint"] == "send another method"


def test_explanations_are_charged_to_their_client(iris: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    explanations = iris.handler._explanations
    assert explanations
    monkeypatch.setitem(vars(explanations._explainer), "_seconds_a_sample", 0.004)
    sent = Sent.http(ROW, explain="True", url_path="/explanations/own?samples=1000&method=lime", **{"x-client": "a"})
    other = Sent.http(ROW, **{"x-client": "b"})
    refused, predicted = iris.answer([sent, other])
    assert (refused.status, refused.json["type"]) == (503, "Overloaded")
    assert predicted.json["input"] == {"format": Treatment("numbers").format, "steps": []}


def answers_of(worker: Worker, *queries: str) -> list[Any]:
    return [explain(worker, ROW, query).json for query in queries]


def test_the_same_seed_gives_the_same_answer(iris: Worker) -> None:
    first, again, other = answers_of(iris, *(f"?method=lime&seed={seed}" for seed in (1, 1, 2)))
    assert first == again
    assert first["attributions"] != other["attributions"]
