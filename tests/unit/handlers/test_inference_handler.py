"""The handler in TorchServe's code: its contexts, its batches, its encoding of replies."""

import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ts.utils.util import list_classes_from_module

from handlers import inference_handler
from handlers.budget import Expense
from inference import bundle, golden
from inference.bundle import Bundle, Metadata
from inference.classifier import Classifier
from inference.errors import Overloaded
from inference.golden import GoldenError
from inference.http_message import JSON, Message
from model import SPEC
from model.pixels import Images
from tests import messages, recipe
from tests.messages import RAW, b64, of_json, png, raw, v2, v2_binary
from tests.torchserve import Sent, Worker

from .conftest import BAD, SEVEN, assert_predicts, expected

DESCRIBE = Sent(headers={"describe": "True"})
EXPLAIN = Sent.http(raw(SEVEN), explain="True")

pytestmark = pytest.mark.usefixtures("restored")


def test_torchserve_finds_one_class_in_the_module() -> None:
    assert list_classes_from_module(inference_handler) == [inference_handler.InferenceHandler]


def test_one_request(worker: Worker, small: Bundle) -> None:
    (reply,) = worker.answer([Sent.http(raw(SEVEN))])
    assert_predicts(reply, expected(small, SEVEN)[0])
    assert reply.json["model"] == {"name": "digits", "version": "1.0", "weights": small.sha256[:12]}


def test_a_batch_of_every_kind_of_request_answers_each_in_its_place(worker: Worker, small: Bundle) -> None:
    images = recipe.drawn(*range(10))
    batch = [
        Sent.http(raw(images[:1])),
        BAD,
        Sent.http(raw(images[1:4])),
        EXPLAIN,
        Sent.http(v2(images[4:6], id="id-4")),
        DESCRIBE,
        Sent.http(Message(png(images[6]), "image/png")),
        Sent.http(Message(b"hello", "text/plain")),
        Sent.http(of_json({"instances": images[7:9].tolist()})),
        Sent(),
        Sent.http(of_json({"x": images[9].tolist()})),
    ]
    replies = worker.answer(batch)
    rows = expected(small, images)
    assert [reply.status for reply in replies] == [200, 400, 200, 200, 200, 200, 200, 415, 200, 400, 200]
    assert replies[3].json["method"] == "integrated_gradients"
    assert_predicts(replies[0], rows[0])
    assert [prediction["digit"] for prediction in replies[2].json["predictions"]] == np.argmax(rows[1:4], 1).tolist()
    assert replies[4].json["id"] == "id-4"
    np.testing.assert_allclose(replies[4].json["outputs"][1]["data"], np.ravel(rows[4:6]), atol=1e-6)
    assert replies[5].json["preset"] == "recipe"
    assert_predicts(replies[6], rows[6])
    assert [prediction["digit"] for prediction in replies[8].json["predictions"]] == np.argmax(rows[7:9], 1).tolist()
    assert_predicts(replies[10], rows[9])


def test_the_time_of_a_request_that_could_not_be_read_is_not_the_next_ones_own(worker: Worker) -> None:
    files = [{"b64": b64(png(SEVEN[0]))}, {"b64": b64(b"no image")}]
    (refused,) = worker.answer([Sent.http(of_json({"instances": files}), **{"x-client": "a"})])
    assert refused.status == 400
    expense = Expense(worker.handler._budget.share("a"))  # of the next request in the batch
    expense.charge(0.001)
    with pytest.raises(Overloaded):
        expense.charge(10.0)


@pytest.mark.parametrize("bad", range(4))
def test_a_bad_request_costs_its_neighbours_nothing(worker: Worker, small: Bundle, bad: int) -> None:
    images = recipe.drawn(0, 1, 2)
    batch = [Sent.http(raw(image[None])) for image in images]
    batch.insert(bad, BAD)
    replies = worker.answer(batch)
    refused = replies.pop(bad)
    assert (refused.status, refused.phrase, refused.json["type"]) == (400, "Bad Request", "InvalidPixels")
    for reply, probabilities in zip(replies, expected(small, images), strict=True):
        assert_predicts(reply, probabilities)


def test_a_batch_of_nothing_but_bad_requests(worker: Worker) -> None:
    assert [reply.status for reply in worker.answer([BAD] * 3)] == [400] * 3


def test_an_empty_batch(worker: Worker) -> None:
    assert worker.answer([]) == []


def test_a_context_used_again_keeps_nothing_of_the_batch_before(worker: Worker) -> None:
    assert worker.answer([BAD])[0].status == 400
    assert worker.answer([Sent.http(raw(SEVEN))])[0].status == 200


def test_binary_tensors_in_and_out(worker: Worker, small: Bundle) -> None:
    outputs = [{"name": "probabilities", "parameters": {"binary_data": True}}]
    message = v2_binary(SEVEN.tobytes(), {"shape": [1, 784], "datatype": "UINT8"}, outputs=outputs)
    (reply,) = worker.answer([Sent.http(message)])
    assert reply.headers["content-type"] == "application/octet-stream"
    probabilities = np.frombuffer(reply.body[int(reply.headers["Inference-Header-Content-Length"]) :], "<f4")
    np.testing.assert_allclose(probabilities, expected(small, SEVEN)[0], atol=1e-6)


def test_header_names_count_in_any_case(worker: Worker) -> None:
    message = v2_binary(SEVEN.tobytes(), {"shape": [1, 784], "datatype": "UINT8"})
    headers = {name.title(): value for name, value in message.headers.items()}
    (reply,) = worker.answer([Sent.http(Message(message.body, RAW, headers))])
    assert reply.json["outputs"][0]["name"] == "digit"


@pytest.mark.parametrize(
    ("content", "kind"), [(SEVEN.tobytes(), RAW), (png(SEVEN[0]), "image/png"), (SEVEN.tobytes(), "")]
)
@pytest.mark.parametrize("headers", [{}, {"content-type": "multipart/form-data; boundary=x"}])
def test_a_field_data_of_a_form_or_a_grpc_call(
    worker: Worker, small: Bundle, content: bytes, kind: str, headers: dict[str, str]
) -> None:
    (reply,) = worker.answer([Sent({"data": (bytearray(content), kind)}, headers)])
    assert_predicts(reply, expected(small, SEVEN)[0])


def test_a_whole_form(worker: Worker, small: Bundle) -> None:
    message = messages.form(('Content-Disposition: form-data; name="data"; filename="7"', SEVEN.tobytes()))
    sent = Sent.http(message)
    seen_by_torchserve = Sent({"body": (sent.parameters["body"][0], "multipart/form-data")}, sent.headers)
    (reply,) = worker.answer([seen_by_torchserve])
    assert_predicts(reply, expected(small, SEVEN)[0])


def test_a_form_without_the_field_data_is_refused_by_name(worker: Worker) -> None:
    (reply,) = worker.answer([Sent({"image": (bytearray(SEVEN.tobytes()), RAW)})])
    assert (reply.status, reply.json["type"]) == (400, "InvalidForm")
    assert "data" in reply.json["message"]
    assert "curl" in reply.json["hint"]


@pytest.mark.parametrize(
    "headers",
    [
        {"describe": "True"},
        {"Describe": "True"},
        {"describe": "true"},
        {"explain": "False"},
        {"body": "x"},
        {"data": "x"},
        {"BODY": "x", "url_path": "v2/models/digits/infer"},
        {"content-length": "1"},
    ],
)
def test_headers_that_look_like_torchserves_own_change_nothing(
    worker: Worker, small: Bundle, headers: dict[str, str]
) -> None:
    for sent in (Sent.http(raw(SEVEN), **headers), Sent({"data": (bytearray(SEVEN.tobytes()), RAW)}, headers)):
        (reply,) = worker.answer([sent])
        assert_predicts(reply, expected(small, SEVEN)[0])


@pytest.mark.parametrize("name", ["explain", "body", "data", "describe", "content-type", "content-encoding", "x"])
@pytest.mark.parametrize("value", ["True", "", "ü", "{}", "9" * 5000])
def test_no_header_keeps_anybody_from_an_answer(worker: Worker, small: Bundle, name: str, value: str) -> None:
    good = Sent.http(raw(SEVEN))
    odd = Sent.http(raw(SEVEN), **{name: value})
    before, reply, after = worker.answer([good, odd, good])
    assert reply.status in (200, 400, 415)
    for neighbour in (before, after):
        assert_predicts(neighbour, expected(small, SEVEN)[0])


def test_describing_the_model_tells_what_is_known_of_it(worker: Worker, small: Bundle) -> None:
    (reply,) = worker.answer([DESCRIBE])
    assert (reply.status, reply.headers["content-type"]) == (200, JSON)
    assert reply.json["model"] == {"name": "digits", "version": "1.0", "weights": small.sha256}
    assert reply.json["sizes"] == list(recipe.SIZES)
    assert reply.json.keys() >= small.metadata.as_dict().keys()


def decoded(text: str) -> Sent:
    """Return JSON as TorchServe passes it with decode_input_request, which is on by default."""
    return Sent({"body": (json.loads(text), JSON)}, {"content-type": JSON})


@pytest.mark.parametrize("key", ["x", "instances"])
def test_json_that_torchserve_decoded_already(worker: Worker, small: Bundle, key: str) -> None:
    (reply,) = worker.answer([decoded(json.dumps({key: SEVEN.tolist()}))])
    prediction = reply.json if key == "x" else reply.json["predictions"][0]
    np.testing.assert_allclose(prediction["probabilities"], expected(small, SEVEN)[0], atol=1e-6)


def test_text_that_torchserve_decoded_already(worker: Worker, small: Bundle) -> None:
    text = json.dumps({"x": SEVEN[0].tolist()})
    (reply,) = worker.answer([Sent({"body": (text, "text/plain")}, {"content-type": "text/plain"})])
    assert_predicts(reply, expected(small, SEVEN)[0])


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("null", "InvalidJSON"),
        ("[1, 2]", "InvalidJSON"),
        ('"text"', "InvalidJSON"),
        ("{}", "InvalidJSON"),
        ('{"x": NaN}', "InvalidPixels"),
        ('{"x": [1e999]}', "InvalidPixels"),
        ('{"x": 123456789012345678901234567890}', "InvalidJSON"),
        ('{"x": "\\ud800"}', "InvalidJSON"),
        ('{"x": ' + "[" * 500 + "]" * 500 + "}", "InvalidJSON"),
    ],
)
def test_what_python_takes_for_json_is_the_clients_fault_all_the_same(worker: Worker, text: str, kind: str) -> None:
    (reply,) = worker.answer([decoded(text)])
    assert (reply.status, reply.json["type"]) == (400, kind)


class Broken(Classifier):
    """A classifier that fails during prediction, as a GPU might."""

    def predict(self, images: Images) -> Any:
        raise RuntimeError("CUDA error: out of memory")


def test_a_classifier_that_breaks_is_an_answer_and_no_exception(
    worker: Worker, small: Bundle, caplog: pytest.LogCaptureFixture
) -> None:
    worker.handler._model = Broken(small)
    replies = worker.answer([Sent.http(raw(SEVEN), **{"X-Request": f"1;{name}"}) for name in ("first", "second")])
    assert [(reply.status, reply.json["type"]) for reply in replies] == [(500, "InternalError")] * 2
    assert "CUDA" not in replies[0].body.decode()  # details of the error are only in the log
    assert "CUDA" in caplog.text
    assert [f"request {name} failed" in caplog.messages for name in ("first", "second")] == [True, True]


def test_a_worker_that_broke_once_goes_on(worker: Worker, small: Bundle) -> None:
    whole = worker.handler._model
    worker.handler._model = Broken(small)
    worker.answer([Sent.http(raw(SEVEN))])
    worker.handler._model = whole
    assert_predicts(worker.answer([Sent.http(raw(SEVEN))])[0], expected(small, SEVEN)[0])


def test_a_body_of_a_kind_that_no_frontend_sends_is_still_answered(worker: Worker) -> None:
    replies = worker.answer([Sent({"body": (object(), RAW)}), Sent.http(raw(SEVEN))])
    assert [reply.status for reply in replies] == [400, 200]


def test_other_weights_than_the_golden_samples_never_serve(directory: Path) -> None:
    network = recipe.network()
    network.state_dict()["layers.2.bias"][0] += 0.5
    metadata = Metadata("recipe", recipe.ARCHITECTURE, seed=1998, temperature=1.5, threshold=0.5)
    bundle.save(network.arrays(), metadata, SPEC, directory / bundle.WEIGHTS)
    with pytest.raises(GoldenError, match="golden probabilities are missed"):
        Worker(directory)


@pytest.mark.parametrize("name", [bundle.WEIGHTS, golden.FILE])
@pytest.mark.parametrize("content", [None, b"", b"damaged"])
def test_a_folder_without_its_files_never_serves(directory: Path, name: str, content: bytes | None) -> None:
    (directory / name).unlink()
    if content is not None:
        (directory / name).write_bytes(content)
    with pytest.raises(Exception, match=r".") as refused:
        Worker(directory)
    assert type(refused.value).__name__ in ("FileNotFoundError", "ValueError", "SafetensorError")


def test_a_worker_has_a_quiet_log(worker: Worker) -> None:
    assert worker.handler
    assert not logging.getLogger("ts").isEnabledFor(logging.INFO)
