"""Explanations by the handler in TorchServe's code: in one batch with predictions, with separate errors."""

from typing import Any

import numpy as np
import pytest

from inference.bundle import Bundle
from inference.http_message import Message
from model.pixels import Images
from tests import recipe
from tests.messages import RAW, raw
from tests.torchserve import Sent, Worker

from .conftest import BAD, SEVEN, assert_predicts, expected

pytestmark = pytest.mark.usefixtures("restored")


def explain(images: Images, query: str = "", **headers: str) -> Sent:
    """Return a request to explanations as the patched frontend passes it on."""
    return Sent.http(raw(images), explain="True", url_path=f"/explanations/digits{query}", **headers)


def test_explanations_and_predictions_in_one_batch_each_get_their_own_answer(worker: Worker, small: Bundle) -> None:
    images = recipe.drawn(*range(10))
    queries = ["?method=lime&seed=1", "?method=kernel_shap&target=3", "?method=occlusion&target=second", "?seed=9", ""]
    batch = [explain(images[index : index + 1], query) for index, query in enumerate(queries)]
    alone = [worker.answer([sent])[0].json for sent in batch]
    predictions = [Sent.http(raw(images[index : index + 1])) for index in range(5, 10)]
    mixed = [sent for pair in zip(predictions, batch, strict=True) for sent in pair]
    mixed[2:2] = [BAD, explain(images[:2]), explain(images[:1], "?target=ten"), explain(images[:1], "?format=png")]
    replies = worker.answer(mixed)
    odd = [replies.pop(2) for _ in range(4)]
    assert [reply.status for reply in odd] == [400, 413, 400, 200]
    assert odd[3].headers["content-type"] == "image/png"
    rows = expected(small, images)
    for index in range(5):
        assert_predicts(replies[2 * index], rows[5 + index])
        explanation = replies[2 * index + 1].json
        for name in ("attributions", "probability", "confidence", "logit", "base"):
            np.testing.assert_allclose(explanation.pop(name), alone[index].pop(name), rtol=1e-4, atol=1e-5)
        explanation.pop("completeness_error", None), alone[index].pop("completeness_error", None)
        assert explanation == alone[index]
        assert explanation["image"] == images[index].tolist()


@pytest.mark.parametrize(
    ("query", "status", "type_"),
    [
        ("?method=gradcam", 400, "InvalidQuery"),
        ("?target=12", 400, "InvalidQuery"),
        ("?method=lime&samples=1000000", 400, "InvalidQuery"),
        ("?%FF=%FE", 400, "InvalidQuery"),
    ],
)
def test_a_query_that_is_wrong_fails_alone(worker: Worker, small: Bundle, query: str, status: int, type_: str) -> None:
    before, refused, after = worker.answer([Sent.http(raw(SEVEN)), explain(SEVEN, query), Sent.http(raw(SEVEN))])
    assert (refused.status, refused.json["type"]) == (status, type_)
    for neighbour in (before, after):
        assert_predicts(neighbour, expected(small, SEVEN)[0])


def test_an_explanation_that_breaks_fails_alone(worker: Worker, small: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("CUDA error: out of memory")

    assert worker.handler._explanations
    monkeypatch.setattr(worker.handler._explanations._explainer, "explain", broken)
    failed, predicted = worker.answer([explain(SEVEN), Sent.http(raw(SEVEN))])
    assert (failed.status, failed.json["type"]) == (500, "InternalError")
    assert_predicts(predicted, expected(small, SEVEN)[0])


def test_the_accept_header_asks_for_a_picture(worker: Worker) -> None:
    (reply,) = worker.answer([explain(SEVEN, Accept="image/png")])
    assert (reply.status, reply.headers["content-type"]) == (200, "image/png")


def test_a_query_means_nothing_to_a_prediction(worker: Worker, small: Bundle) -> None:
    sent = Sent.http(raw(SEVEN), explain="False", url_path="/predictions/digits?method=gradcam", accept="image/png")
    assert_predicts(worker.answer([sent])[0], expected(small, SEVEN)[0])


def test_a_forms_field_named_like_the_address_is_no_address(worker: Worker) -> None:
    body = {"body": (bytearray(SEVEN.tobytes()), RAW), "url_path": (bytearray(b"?method=gradcam"), "")}
    (reply,) = worker.answer([Sent(body, {"explain": "True"})])
    assert (reply.status, reply.json["method"]) == (200, "integrated_gradients")


def test_what_cannot_be_read_cannot_be_explained_either(worker: Worker) -> None:
    (reply,) = worker.answer([Sent.http(Message(bytes(783), RAW), explain="True")])
    assert (reply.status, reply.json["type"]) == (400, "InvalidPixels")
