"""ModelInfer as a request over HTTP, and the answer back."""

from typing import Any

import numpy as np
import orjson
import pytest
from open_inference.grpc import protocol

from serving.rpc import translation
from serving.rpc.errors import CallRefusedError, Code, InvalidError, NotFoundError, TooLongError, code
from serving.rpc.http import Response

Tensor = protocol.ModelInferRequest.InferInputTensor


def tensor(datatype: str, shape: list[int], **contents: Any) -> Any:
    values = protocol.InferTensorContents(**contents) if contents else None
    return Tensor(name="x", datatype=datatype, shape=shape, contents=values)


def split(request: Any) -> tuple[dict[str, Any], bytes]:
    length, body = translation.request(request)
    return orjson.loads(body[:length]), body[length:]


def test_raw_contents_follow_the_json() -> None:
    request = protocol.ModelInferRequest(
        id="a",
        inputs=[tensor("UINT8", [1, 2]), tensor("BYTES", [1])],
        raw_input_contents=[b"\1\2", b"\2\0\0\0ok"],
        outputs=[protocol.ModelInferRequest.InferRequestedOutputTensor(name="y")],
    )
    request.parameters["priority"].int64_param = 3
    head, data = split(request)
    assert data == b"\1\2\2\0\0\0ok"
    assert head == {
        "id": "a",
        "parameters": {"priority": 3},
        "inputs": [
            {"name": "x", "shape": [1, 2], "datatype": "UINT8", "parameters": {"binary_data_size": 2}},
            {"name": "x", "shape": [1], "datatype": "BYTES", "parameters": {"binary_data_size": 6}},
        ],
        "outputs": [{"name": "y", "parameters": {"binary_data": True}}],
    }


def test_without_outputs_all_are_wanted_as_bytes() -> None:
    head, _ = split(protocol.ModelInferRequest(inputs=[tensor("UINT8", [1])], raw_input_contents=[b"\1"]))
    assert head["parameters"] == {"binary_data_output": True}
    assert "id" not in head


@pytest.mark.parametrize(
    ("datatype", "field", "values", "data"),
    [
        ("BOOL", "bool_contents", [True, False], b"\1\0"),
        ("INT8", "int_contents", [-1, 2], b"\xff\2"),
        ("INT64", "int64_contents", [-(2**62)], np.array([-(2**62)], "<i8").tobytes()),
        ("UINT8", "uint_contents", [255, 0], b"\xff\0"),
        ("UINT16", "uint_contents", [513], b"\1\2"),
        ("UINT64", "uint64_contents", [2**64 - 1], b"\xff" * 8),
        ("FP32", "fp32_contents", [0.5], np.float32(0.5).tobytes()),
        ("FP64", "fp64_contents", [0.1], np.float64(0.1).tobytes()),
        ("BYTES", "bytes_contents", [b"ab", b""], b"\2\0\0\0ab\0\0\0\0"),
    ],
)
def test_typed_contents_become_bytes(datatype: str, field: str, values: list[Any], data: bytes) -> None:
    assert translation._encoded(tensor(datatype, [len(values)], **{field: values})) == data


def test_a_list_may_have_as_many_numbers_as_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(translation, "_MOST", 4)
    assert translation._encoded(tensor("UINT8", [4], uint_contents=[1] * 4)) == b"\1" * 4
    with pytest.raises(TooLongError, match="tensor 'x' has 5 numbers: send its data as raw_input_contents"):
        translation._encoded(tensor("UINT8", [5], uint_contents=[1] * 5))


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        ([tensor("UINT8", [1], uint_contents=[256])], "from 0 to 255"),
        ([tensor("INT8", [1], int_contents=[-129])], "from -128 to 127"),
        ([tensor("UINT8", [1], fp32_contents=[1.0])], "send uint_contents"),
        ([tensor("FP16", [1], fp32_contents=[1.0])], "send its data as raw_input_contents"),
    ],
)
def test_typed_contents_that_contradict_the_datatype(tensors: list[Any], message: str) -> None:
    with pytest.raises(InvalidError, match=message):
        translation.request(protocol.ModelInferRequest(inputs=tensors))


def test_data_of_one_kind_for_each_input() -> None:
    with pytest.raises(InvalidError, match="1 elements, not 2"):
        translation.request(protocol.ModelInferRequest(inputs=[Tensor(), Tensor()], raw_input_contents=[b""]))
    both = protocol.ModelInferRequest(inputs=[tensor("UINT8", [1], uint_contents=[1])], raw_input_contents=[b"\1"])
    with pytest.raises(InvalidError, match="both contents and raw_input_contents"):
        translation.request(both)


def test_answer() -> None:
    head = orjson.dumps(
        {
            "model_name": "m",
            "model_version": "2",
            "id": "a",
            "outputs": [
                {"name": "y", "datatype": "INT8", "shape": [2], "parameters": {"binary_data_size": 2, "note": "n"}},
                {"name": "z", "datatype": "UINT8", "shape": [1], "parameters": {"binary_data_size": 1}},
            ],
        }
    )
    response = translation.answer(Response(200, {translation.HEADER: str(len(head))}, head + b"\1\2\3"))
    assert (response.model_name, response.model_version, response.id) == ("m", "2", "a")
    assert list(response.raw_output_contents) == [b"\1\2", b"\3"]
    assert [(output.name, output.datatype, list(output.shape)) for output in response.outputs] == [
        ("y", "INT8", [2]),
        ("z", "UINT8", [1]),
    ]
    assert response.outputs[0].parameters["note"].string_param == "n"


def test_paths() -> None:
    assert translation.path("m", "") == "/v2/models/m/infer"
    assert translation.path("m", "1.0") == "/predictions/m/1.0"
    for name, version in (("a/b", ""), ("", ""), ("m", "1 HTTP/1.1\r\n"), ("m\r\n", "")):
        with pytest.raises(NotFoundError):
            translation.path(name, version)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, Code.INVALID_ARGUMENT),
        (401, Code.UNAUTHENTICATED),
        (403, Code.PERMISSION_DENIED),
        (404, Code.NOT_FOUND),
        (408, Code.DEADLINE_EXCEEDED),
        (413, Code.RESOURCE_EXHAUSTED),
        (415, Code.INVALID_ARGUMENT),
        (429, Code.RESOURCE_EXHAUSTED),
        (500, Code.INTERNAL),
        (501, Code.UNIMPLEMENTED),
        (502, Code.UNAVAILABLE),
        (503, Code.UNAVAILABLE),
        (504, Code.DEADLINE_EXCEEDED),
    ],
)
def test_status(status: int, expected: Code) -> None:
    assert code(status) is expected


def test_a_refusal_has_message_hint_and_when_to_try_again() -> None:
    content = b'{"code":429,"type":"TooManyRequests","message":"too many","hint":"wait"}'
    error = CallRefusedError(Response(429, {"retry-after": "1"}, content))
    assert str(error) == "too many: wait"
    assert error.trailer == {"retry-after": "1"}
    for body in (b"<html>", b"{}", b"[]"):
        assert str(CallRefusedError(Response(502, {}, body))) == "the gateway answered 502"
