"""Models with several inputs, texts, booleans and variable shapes, in the handler that serves all models."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from open_inference.grpc import protocol

from inference.http_message import Message
from serving.rpc import translation
from serving.rpc.http import Response
from tests import declared
from tests.messages import RAW, of_json
from tests.torchserve import Sent, Worker

from .test_declared import ask, worker

pytestmark = pytest.mark.usefixtures("restored")
SIGNALS = np.random.default_rng(3).normal(size=(5, 4)).astype(np.float32)
STATES = np.random.default_rng(4).normal(size=(5, 2, 3)).astype(np.float32)
MEANS = SIGNALS.mean(axis=1)


def graph_worker(path: Path, graph: Callable[[Path], Path], text: str = "") -> Worker:
    (path / "own").mkdir()
    graph(path / "own" / "iris.onnx")
    return worker(path, text)


@pytest.fixture(scope="module")
def cell(tmp_path_factory: pytest.TempPathFactory) -> Worker:
    return graph_worker(tmp_path_factory.mktemp("cell"), declared.cell, declared.CELL)


def example(index: int, **more: Any) -> dict[str, Any]:
    return {"signal": SIGNALS[index].tolist(), "state": STATES[index].tolist(), **more}


def tensors(count: int) -> list[dict[str, Any]]:
    """Return the inputs as the network receives them."""
    states = np.moveaxis(STATES[:count], 0, 1)
    return [
        {"name": "signal", "shape": [count, 4], "datatype": "FP32", "data": SIGNALS[:count].ravel().tolist()},
        {"name": "state", "shape": [2, count, 3], "datatype": "FP32", "data": states.ravel().tolist()},
        {"name": "rate", "shape": [], "datatype": "INT64", "data": [100]},
    ]


def assert_is(answer: dict[str, Any], index: int, rate: float = 10.0) -> None:
    np.testing.assert_allclose(answer["level"], [MEANS[index] * rate], rtol=1e-5)
    np.testing.assert_allclose(answer["next"], STATES[index] + MEANS[index], rtol=1e-5)


def test_objects_by_input_name(cell: Worker) -> None:
    answers = ask(cell, of_json({"instances": [example(0), example(1, rate=100)]})).json["predictions"]
    assert_is(answers[0], 0)
    assert_is(answers[1], 1, 100.0)
    assert_is(ask(cell, of_json({"x": example(2)})).json, 2)
    assert_is(ask(cell, of_json({"x": [example(2), example(3)]})).json["predictions"][1], 3)


def test_tensors_of_grpc_are_those_of_http(cell: Worker) -> None:
    signal = protocol.InferTensorContents(fp32_contents=SIGNALS[:2].ravel().tolist())
    state = protocol.InferTensorContents(fp32_contents=np.moveaxis(STATES[:2], 0, 1).ravel().tolist())
    tensor = protocol.ModelInferRequest.InferInputTensor
    length, body = translation.request(
        protocol.ModelInferRequest(
            model_name="own",
            inputs=[
                tensor(name="state", datatype="FP32", shape=[2, 2, 3], contents=state),
                tensor(name="signal", datatype="FP32", shape=[2, 4], contents=signal),
            ],
        )
    )
    reply = ask(cell, Message(body, RAW, {translation.HEADER: str(length)}))
    headers = {name.lower(): value for name, value in reply.headers.items()}
    answer = translation.answer(Response(reply.status, headers, reply.body))
    assert [(output.name, [*output.shape]) for output in answer.outputs] == [("level", [2, 1]), ("next", [2, 2, 3])]
    level, following = (np.frombuffer(content, "<f4") for content in answer.raw_output_contents)
    np.testing.assert_allclose(level, MEANS[:2] * 10, rtol=1e-5)
    expected = np.moveaxis(STATES[:2], 0, 1) + MEANS[:2, None]
    np.testing.assert_allclose(following.reshape(2, 2, 3), expected, rtol=1e-5)


def test_a_tensor_for_each_input(cell: Worker) -> None:
    level, state = ask(cell, of_json({"inputs": tensors(2)[::-1]})).json["outputs"]
    assert (level["shape"], state["shape"], state["datatype"]) == ([2, 1], [2, 2, 3], "FP32")
    np.testing.assert_allclose(level["data"], MEANS[:2] * 100, rtol=1e-5)
    expected = np.moveaxis(STATES[:2], 0, 1) + MEANS[:2, None]
    np.testing.assert_allclose(np.reshape(state["data"], [2, 2, 3]), expected, rtol=1e-5)
    level, _ = ask(cell, of_json({"inputs": tensors(2)[:2]})).json["outputs"]
    np.testing.assert_allclose(level["data"], MEANS[:2] * 10, rtol=1e-5)


def test_tensors_as_bytes(cell: Worker) -> None:
    heads, parts = [], []
    for tensor in tensors(3):
        data = np.array(tensor.pop("data"), "<i8" if tensor["datatype"] == "INT64" else "<f4").tobytes()
        heads.append(tensor | {"parameters": {"binary_data_size": len(data)}})
        parts.append(data)
    outputs = [{"name": "next", "parameters": {"binary_data": True}}]

    def send(body: bytes) -> Any:
        head = json.dumps({"inputs": heads, "outputs": outputs}).encode()
        return ask(cell, Message(head + body, RAW, {"inference-header-content-length": str(len(head))}))

    reply = send(b"".join(parts))
    state = np.frombuffer(reply.body[int(reply.headers["Inference-Header-Content-Length"]) :], "<f4").reshape(2, 3, 3)
    np.testing.assert_allclose(state, np.moveaxis(STATES[:3], 0, 1) + MEANS[:3, None], rtol=1e-5)
    assert "1 bytes follow the last tensor" in send(b"".join(parts) + b"0").json["message"]
    assert "binary_data_size is 8, but 7 bytes follow" in send(b"".join(parts)[:-1]).json["message"]


def test_requests_of_one_batch_do_not_mix(cell: Worker) -> None:
    bodies = [{"x": example(0)}, {"instances": [{"signal": [1]}]}, {"inputs": tensors(5)}, {"x": example(4, rate=7)}]
    first, wrong, many, last = cell.answer([Sent.http(of_json(body)) for body in bodies])
    assert_is(first.json, 0)
    assert wrong.status == 400
    np.testing.assert_allclose(many.json["outputs"][0]["data"], MEANS * 100, rtol=1e-5)
    assert_is(last.json, 4, 7.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sginal": 1}, "instances[0] has the unknown input 'sginal'; did you mean 'signal'?"),
        ({"state": None}, "input 'state' of instances[0] is null"),
        ({"signal": [1, 2, 3]}, "input 'signal' of instances[0] has the shape [3], not [4]"),
        ({"signal": [1, 2, 3, "4"]}, 'has "4" as element 3, not a finite number'),
        ({"signal": [1, 2, 3, 1e39]}, "has 1e+39 as element 3, not a finite number"),
        ({"signal": [1, 2, 3, True]}, "has true as element 3"),
        ({"state": [[1, 2, 3], [1, 2]]}, "input 'state' of instances[0] has lists of different lengths, not [2, 3]"),
        ({"rate": 1.5}, "input 'rate' of instances[0] is 1.5, not a whole number from"),
        ({"rate": 2**63}, "is 9223372036854775808, not a whole number"),
    ],
)
def test_what_is_wrong_with_an_object_is_named(cell: Worker, change: dict[str, Any], message: str) -> None:
    reply = ask(cell, of_json({"instances": [{**example(0), **change}]}))
    assert (reply.status, reply.json["type"]) == (400, "InvalidNumbers")
    assert message in reply.json["message"]
    assert '"signal": [numbers of shape [4]]' in reply.json["hint"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"instances": [{"signal": [1, 2, 3, 4]}]}, "instances[0] has no input 'state'"),
        ({"instances": [[1, 2, 3, 4]]}, "instances[0] must be an object by input name, not a list of length 4"),
        ({"instances": []}, "instances must be a list of examples"),
        ({"x": []}, "x is an empty list"),
        ({"x": 3}, "x must be an object by input name, not 3"),
    ],
)
def test_what_is_no_object_is_refused(cell: Worker, body: dict[str, Any], message: str) -> None:
    reply = ask(cell, of_json(body))
    assert (reply.status, reply.json["type"]) == (400, "InvalidNumbers")
    assert message in reply.json["message"]


@pytest.mark.parametrize(
    ("index", "change", "message"),
    [
        (0, {"name": "sginal"}, "unknown input \"sginal\"; did you mean 'signal'?"),
        (0, {"name": "state"}, 'inputs has the tensor "state" twice'),
        (0, {"datatype": "FP64"}, "input 'signal': datatype is \"FP64\", not FP32"),
        (0, {"shape": [2, 5]}, "input 'signal': shape is [2, 5], not [N, 4]"),
        (1, {"shape": [2, 3, 2]}, "input 'state': shape is [2, 3, 2], not [2, N, 3]"),
        (
            0,
            {"shape": [1, 4], "data": [1, 2, 3, 4]},
            "the inputs have different numbers of examples: {'signal': 1, 'state': 2}",
        ),
        (0, {"data": [1, 2, 3]}, "input 'signal': data has 3 elements, but the shape needs 8"),
        (0, {"data": [1e39] * 8}, "input 'signal': element 0 of data is 1e+39, not finite"),
        (2, {"data": [1.5]}, "input 'rate': element 0 of data is 1.5, not INT64"),
        (2, {"name": None}, "unknown input null"),
    ],
)
def test_what_is_wrong_with_a_tensor_is_named(cell: Worker, index: int, change: dict[str, Any], message: str) -> None:
    content = tensors(2)
    content[index] |= change
    reply = ask(cell, of_json({"inputs": content}))
    assert (reply.status, reply.json["type"]) == (400, "InvalidTensor")
    assert message in reply.json["message"]


def test_a_missing_tensor_and_nan_are_named(cell: Worker) -> None:
    assert 'the input "state" is missing' in ask(cell, of_json({"inputs": tensors(1)[:1]})).json["message"]
    head = {"name": "signal", "shape": [1, 4], "datatype": "FP32", "parameters": {"binary_data_size": 16}}
    text = json.dumps({"inputs": [head, tensors(1)[1]]}).encode()
    body = text + np.array([1, 2, np.nan, 4], "<f4").tobytes()
    reply = ask(cell, Message(body, RAW, {"inference-header-content-length": str(len(text))}))
    assert "input 'signal': element 2 of data is nan, not finite" in reply.json["message"]


def test_raw_bytes_are_refused(cell: Worker) -> None:
    reply = ask(cell, Message(SIGNALS.tobytes(), RAW))
    assert (reply.status, reply.json["message"]) == (400, "the body of 80 bytes is not JSON")


def test_texts_and_booleans(tmp_path: Path) -> None:
    served = graph_worker(tmp_path, declared.words, '[output]\nkind = "values"')
    objects = [{"word": "yes", "flag": False}, {"word": "no", "flag": True}, {"word": "Grüße", "flag": True}]
    answers = ask(served, of_json({"instances": objects})).json["predictions"]
    assert [answer["values"] for answer in answers] == [[1.0], [12.0], [10.0]]
    words = {"name": "word", "shape": [2], "datatype": "BYTES", "data": ["no", "Grüße"]}
    flags = {"name": "flag", "shape": [2], "datatype": "BOOL", "data": [False, True]}
    assert ask(served, of_json({"inputs": [words, flags]})).json["outputs"][0]["data"] == [2.0, 10.0]
    texts = b"".join(len(text).to_bytes(4, "little") + text for text in (b"no", "Grüße".encode()))
    binary = [
        {"name": "word", "shape": [2], "datatype": "BYTES", "parameters": {"binary_data_size": len(texts)}},
        {"name": "flag", "shape": [2], "datatype": "BOOL", "parameters": {"binary_data_size": 2}},
    ]
    head = json.dumps({"inputs": binary}).encode()
    reply = ask(served, Message(head + texts + b"\0\1", RAW, {"inference-header-content-length": str(len(head))}))
    assert reply.json["outputs"][0]["data"] == [2.0, 10.0]
    for wrong, message in (({"word": 1, "flag": True}, "is 1, not a string"), ({"word": "", "flag": 1}, "not true or")):
        assert message in ask(served, of_json({"x": wrong})).json["message"]
    reply = ask(served, of_json({"inputs": [words, flags | {"data": [0, 1]}]}))
    assert "input 'flag': element 0 of data is 0, not BOOL" in reply.json["message"]


def test_shapes_that_vary(tmp_path: Path) -> None:
    served = graph_worker(tmp_path, declared.lengths)
    signals = [[1.0, 2.0], [1.0, 2.0, 3.0], [5.0], [3.0, 4.0]]
    expected = [{"double": [2 * number for number in signal], "mean": 2 * float(np.mean(signal))} for signal in signals]
    assert ask(served, of_json({"instances": signals})).json == {"predictions": expected}
    assert ask(served, of_json({"x": signals})).json == {"predictions": expected}
    assert ask(served, of_json({"x": {"signal": signals[1]}})).json == expected[1]
    replies = served.answer([Sent.http(of_json({"x": signal})) for signal in signals])
    assert [reply.json for reply in replies] == expected
    tensor = {"name": "signal", "shape": [2, 3], "datatype": "FP32", "data": [1, 2, 3, 4, 5, 6]}
    double, mean = ask(served, of_json({"inputs": [tensor]})).json["outputs"]
    assert (double["shape"], double["data"], mean["data"]) == ([2, 3], [2, 4, 6, 8, 10, 12], [4, 10])
    assert "has the shape [0], not [any]" in ask(served, of_json({"x": {"signal": []}})).json["message"]


def test_what_the_network_cannot_compute_is_the_clients_fault_and_fails_alone(tmp_path: Path) -> None:
    served = graph_worker(tmp_path, declared.tokens)
    good: dict[str, Any] = {"ids": [1, 2, 3], "weights": [1, 1, 1]}
    unknown = {"x": good | {"ids": [1, 10, 3]}}
    longer = {"x": good | {"weights": [1, 1]}}
    batch = [{"x": good}, unknown, {"instances": [good, good]}, longer, {"x": good}]
    replies = served.answer([Sent.http(of_json(content)) for content in batch])
    assert [reply.status for reply in replies] == [200, 400, 200, 400, 200]
    assert [replies[0].json["values"], replies[4].json["values"]] == [[6.0], [6.0]]
    assert [answer["values"] for answer in replies[2].json["predictions"]] == [[6.0], [6.0]]
    assert replies[1].json["type"] == "InvalidNumbers"
    message = "the network cannot compute this: indices element out of data bounds, idx=10 must be within"
    assert replies[1].json["message"].startswith(message)
    assert replies[3].json["message"].startswith("the network cannot compute this: ")
    assert ".h:" not in replies[3].json["message"]
    assert "\n" not in replies[3].json["message"]
