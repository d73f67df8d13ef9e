"""Models of other kinds, served over every protocol by the same handler. Only their own files are specific to them."""

import json
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from PIL import Image

from handlers import counters
from handlers.metrics import families
from inference import bundle
from inference.classifier import Classifier, Predictions
from inference.drift import FILE, Reference
from inference.http_message import Message
from inference.runtimes import in_memory
from inference.spec import Rows
from model import SPEC
from tests import torchserve
from tests.messages import RAW, b64, elements, form, of_json, png, v2_binary
from tests.models import photos, table
from tests.torchserve import Reply, Sent, Worker

pytestmark = pytest.mark.usefixtures("restored")
MODELS = {"table": table, "photos": photos}


class Served:
    """A worker that serves one of the models."""

    def __init__(self, model: ModuleType, directory: Path) -> None:
        self.spec, self.rows = model.SPEC, model.ROWS
        self.weights = directory / bundle.WEIGHTS
        self.bundle = model.save(self.weights)
        unpacked = torchserve.model_dir(directory / "unpacked", self.bundle, self.weights, self.rows, model.RUNTIME)
        if self.spec.drift:
            classes = np.arange(len(self.rows)) % len(self.spec.output.labels)
            reference = Reference.of(self.rows, classes, np.ones(2, dtype=np.bool_), self.spec)
            (unpacked / FILE).write_bytes(reference.content())
        self.worker = Worker(unpacked, self.spec)
        self._classifier = Classifier(self.bundle, runtime=in_memory(model.RUNTIME, self.bundle))

    def predict(self, rows: Rows) -> Predictions:
        return self._classifier.predict(rows)

    def answer(self, message: Message, **headers: str) -> Reply:
        (reply,) = self.worker.answer([Sent.http(message, **headers)])
        return reply

    def assert_predicts(self, answer: dict[str, Any], row: Rows, format_: str) -> None:
        (index,), (confidence,), (accepted,), (probabilities,) = vars(self.predict(row[None])).values()
        assert list(answer) == ["label", "confidence", "accepted", "probabilities", "model", "input"]
        assert (answer["label"], answer["accepted"]) == (self.spec.output.labels[index], bool(accepted))
        assert [answer["confidence"], *answer["probabilities"]] == pytest.approx([confidence, *probabilities], abs=1e-5)
        assert answer["model"] == {"name": self.spec.name, "version": "1.0", "weights": self.bundle.sha256[:12]}
        assert answer["input"]["format"] == format_


@pytest.fixture(scope="module", params=MODELS)
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Served:
    return Served(MODELS[request.param], tmp_path_factory.mktemp(request.param))


@pytest.fixture(scope="module")
def of_table(tmp_path_factory: pytest.TempPathFactory) -> Served:
    return Served(table, tmp_path_factory.mktemp("table"))


@pytest.fixture(scope="module")
def of_photos(tmp_path_factory: pytest.TempPathFactory) -> Served:
    return Served(photos, tmp_path_factory.mktemp("photos"))


def tensor(served: Served, rows: Rows, **fields: Any) -> dict[str, Any]:
    input_spec = served.spec.input
    shape = [len(rows), *input_spec.shape]
    return {
        "name": input_spec.name,
        "shape": shape,
        "datatype": input_spec.datatype,
        "data": rows.ravel().tolist(),
    } | fields


def test_raw_rows(served: Served) -> None:
    served.assert_predicts(served.answer(Message(served.rows[0].tobytes(), RAW)).json, served.rows[0], "raw")
    answers = served.answer(Message(served.rows.tobytes(), RAW)).json["predictions"]
    for answer, row in zip(answers, served.rows, strict=True):
        served.assert_predicts(answer, row, "raw")


@pytest.mark.parametrize("key", ["x", "instances"])
@pytest.mark.parametrize("nested", [True, False])
def test_lists_of_numbers(served: Served, key: str, nested: bool) -> None:
    rows = served.rows if nested else served.rows.reshape(len(served.rows), -1)
    answers = served.answer(of_json({key: rows.tolist()})).json["predictions"]
    for answer, row in zip(answers, served.rows, strict=True):
        served.assert_predicts(answer, row, "numbers")


@pytest.mark.parametrize("nested", [True, False])
def test_x_of_one_row(served: Served, nested: bool) -> None:
    row = served.rows[1]
    x = row.tolist() if nested else row.ravel().tolist()
    served.assert_predicts(served.answer(of_json({"x": x})).json, row, "numbers")


def test_a_form(served: Served) -> None:
    message = form(('Content-Disposition: form-data; name="data"', served.rows[2].tobytes()))
    served.assert_predicts(served.answer(message).json, served.rows[2], "raw")


def test_tensors_as_json(served: Served) -> None:
    message = of_json({"id": "7", "inputs": [tensor(served, served.rows)]})
    answer, predictions = served.answer(message).json, served.predict(served.rows)
    label, probabilities = answer["outputs"]
    labels = [served.spec.output.labels[index] for index in predictions.classes]
    count, width = predictions.probabilities.shape
    assert (answer["model_name"], answer["id"]) == (served.spec.name, "7")
    assert label == {"name": "label", "shape": [count], "datatype": "BYTES", "data": labels}
    assert (probabilities["shape"], probabilities["datatype"]) == ([count, width], "FP32")
    np.testing.assert_allclose(probabilities["data"], predictions.probabilities.ravel(), atol=1e-5)


def test_tensors_as_bytes(served: Served) -> None:
    input_spec = served.spec.input
    fields = {"shape": [len(served.rows), input_spec.size], "datatype": input_spec.datatype}
    outputs = [{"name": name, "parameters": {"binary_data": True}} for name in ("probabilities", "label")]
    reply = served.answer(v2_binary(served.rows.tobytes(), fields, outputs=outputs))
    data = reply.body[int(reply.headers["Inference-Header-Content-Length"]) :]
    predictions = served.predict(served.rows)
    size = predictions.probabilities.nbytes
    np.testing.assert_allclose(np.frombuffer(data[:size], "<f4"), predictions.probabilities.ravel(), atol=1e-5)
    assert data[size:] == elements(*(served.spec.output.labels[index].encode() for index in predictions.classes))


def test_the_description_has_the_architecture(served: Served) -> None:
    (reply,) = served.worker.answer([Sent(headers={"describe": "True"})])
    assert reply.json["model"]["weights"] == served.bundle.sha256
    assert served.bundle.metadata.architecture.items() <= reply.json.items()


def test_a_bad_request_costs_its_neighbours_nothing(served: Served) -> None:
    good, bad = Sent.http(Message(served.rows[0].tobytes(), RAW)), Sent.http(Message(b"12345", RAW))
    replies = served.worker.answer([good, bad, good])
    assert [reply.status for reply in replies] == [200, 400, 200]
    served.assert_predicts(replies[2].json, served.rows[0], "raw")
    assert f"multiple of {served.spec.input.row_bytes}" in replies[1].json["message"]


@pytest.mark.parametrize(
    ("content", "message", "hint"),
    [
        ({"x": [1, 2, 3]}, "x has 3 elements", "send 4 numbers, in centimetres"),
        ({"x": [1, 2, 3, "4"]}, 'value 3 of x is "4", not a finite number', "send 4 numbers"),
        ({"x": [1, 2, 3, True]}, "value 3 of x is true, not a finite number", "send 4 numbers"),
        ({"x": [[1, 2, 3, 4], [1, 2, 3, 1e39]]}, "value 3 of x[1] is 1e+39, not a finite number", "send 4 numbers"),
        ({"instances": [{"b64": ""}]}, "instances[0] must be a list of numbers, not an object", "send 4 numbers"),
    ],
)
def test_errors_of_a_table_name_its_own_numbers(
    of_table: Served, content: dict[str, Any], message: str, hint: str
) -> None:
    answer = of_table.answer(of_json(content)).json
    assert (answer["code"], answer["type"], answer["message"]) == (400, "InvalidNumbers", message)
    assert answer["hint"].startswith(hint)
    assert "image" not in answer["hint"]


def test_a_table_takes_no_numbers_that_are_not_finite(of_table: Served) -> None:
    rows = of_table.rows.copy()
    rows[1, 2] = np.nan
    answer = of_table.answer(Message(rows.tobytes(), RAW)).json
    assert (answer["type"], answer["message"]) == ("InvalidNumbers", "value 2 of row 1 is nan, not a finite number")
    binary = of_table.answer(v2_binary(rows.tobytes(), {"shape": [4, 4], "datatype": "FP32"})).json
    assert (binary["type"], binary["message"]) == ("InvalidTensor", "element 6 of data is nan, not finite")


def test_a_table_has_no_files_and_no_explanations(of_table: Served) -> None:
    assert of_table.answer(Message(png(photos.ROWS[0]), "image/png")).status == 415
    files = tensor(of_table, of_table.rows, datatype="BYTES", shape=[1], data=[""])
    assert of_table.answer(of_json({"inputs": [files]})).json["hint"] == "send datatype FP32 with shape [N,4]"
    explained = of_table.answer(Message(of_table.rows[0].tobytes(), RAW), explain="True")
    assert (explained.status, explained.json["type"]) == (501, "NotSupported")


def test_photos_come_as_files(of_photos: Served) -> None:
    photo = of_photos.rows[0]
    of_photos.assert_predicts(of_photos.answer(Message(png(photo), "image/png")).json, photo, "PNG")
    (listed,) = of_photos.answer(of_json({"instances": [{"b64": b64(png(photo))}]})).json["predictions"]
    of_photos.assert_predicts(listed, photo, "PNG")
    message = v2_binary(elements(png(photo)), {"shape": [1], "datatype": "BYTES"})
    index = of_photos.predict(photo[None]).classes[0]
    assert of_photos.answer(message).json["outputs"][0]["data"] == [of_photos.spec.output.labels[index]]
    large = BytesIO()
    Image.fromarray(photo).resize((300, 200)).save(large, "JPEG")
    answer = of_photos.answer(Message(large.getvalue(), "image/jpeg")).json
    assert answer["input"] == {"format": "JPEG", "width": 300, "height": 200, "steps": ["scaled to 32x32"]}


def test_photos_may_be_fractions(of_photos: Served) -> None:
    photo = of_photos.rows[3]
    numbers = (photo / 255).tolist()
    of_photos.assert_predicts(of_photos.answer(of_json({"x": numbers})).json, photo, "numbers")
    fractions = tensor(of_photos, (photo[None] / 255).astype(np.float32), datatype="FP32")
    probabilities = of_photos.answer(of_json({"inputs": [fractions]})).json["outputs"][1]["data"]
    np.testing.assert_allclose(probabilities, of_photos.predict(photo[None]).probabilities[0], atol=1e-5)


def test_errors_of_photos_name_the_place(of_photos: Served) -> None:
    x = of_photos.rows[0].tolist()
    x[3][5] = [1, 2]
    answer = of_photos.answer(of_json({"x": x})).json
    assert (answer["type"], answer["message"]) == (
        "InvalidPixels",
        "x[3][5] must be a row of 3 numbers, not a list of length 2",
    )
    assert answer["hint"] == "send 3072 numbers from 0 to 255 or 32 rows of 32, each of 3"


def test_photos_are_explained_by_their_own_method(of_photos: Served) -> None:
    photo, message = of_photos.rows[0], Message(of_photos.rows[0].tobytes(), RAW)
    order = np.argsort(-of_photos.predict(photo[None]).probabilities[0]).tolist()
    address = "/explanations/photos?target=second"
    answer = of_photos.answer(message, explain="True", url_path=address).json
    labels = of_photos.spec.output.labels
    assert (answer["label"], answer["target"], answer["method"]) == (labels[order[0]], labels[order[1]], "gradient")
    assert np.shape(answer["attributions"]) == (32, 32, 3)
    assert answer["photo"] == photo.tolist()
    picture = of_photos.answer(message, explain="True", accept="image/png")
    assert picture.headers["content-type"] == "image/png"


@pytest.mark.parametrize("name", MODELS)
def test_metrics_have_common_names_and_the_models_own_labels(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(counters.FOLDER, str(tmp_path / "metrics"))
    served = Served(MODELS[name], tmp_path)
    served.answer(Message(served.rows.tobytes(), RAW))
    ((header, numbers),) = counters.read(tmp_path / "metrics")
    parts, known = header.split(numbers), {family.name: family for family in header.families}
    predictions, labels = known["inference_predictions_total"], served.spec.output.labels
    assert (header.labels["model"], header.labels["version"]) == (served.spec.name, "1.0")
    assert predictions.labels == ("label", "accepted")
    assert [value for value, _ in predictions.values[::2]] == list(labels)
    assert parts[predictions.name].sum() == len(served.rows)
    assert parts["inference_input_examples_total"].sum() == (2 * len(served.rows) if served.spec.drift else 0)
    expected = {"length", "width", "label", "abstained"} if served.spec.drift else set()
    assert header.reference.keys() == expected
    assert list(header.reference.get("label", labels)) == list(labels)
    assert [(family.name, family.help) for family in header.families] == [
        (family.name, family.help) for family in families(SPEC).values()
    ]
    counting = served.worker.handler._telemetry._counters
    assert counting
    counting.close()


def test_a_bundle_has_labels_of_its_own(of_table: Served, tmp_path: Path) -> None:
    labels = ("круг", "四角", "triangle")
    metadata = bundle.Metadata("own", table.ARCHITECTURE, seed=1, labels=labels)
    saved = bundle.save(of_table.bundle.parameters, metadata, table.SPEC, tmp_path / bundle.WEIGHTS)
    loaded = bundle.load(tmp_path / bundle.WEIGHTS, table.SPEC)
    assert loaded.labels == saved.labels == labels
    assert json.loads(json.dumps(loaded.metadata.as_dict()))["labels"] == list(labels)
    with pytest.raises(ValueError, match="needs"):
        bundle.save(
            of_table.bundle.parameters,
            bundle.Metadata("own", table.ARCHITECTURE, seed=1, labels=("a", "b")),
            table.SPEC,
            tmp_path / "other",
        )
