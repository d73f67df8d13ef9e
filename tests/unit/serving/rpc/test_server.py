"""The gRPC service at its socket, with the bytes that HAProxy sends."""

import gzip
import socket
import zlib
from typing import Any

import orjson
import pytest
from open_inference.grpc import protocol

from serving.rpc import messages
from serving.rpc.errors import Code
from serving.rpc.http import HttpMessage, Messages

from .conftest import Served

PATH = "/inference.GRPCInferenceService/"
INFER = "/v2/models/m/infer"
HEAD = orjson.dumps({"model_name": "m", "outputs": []})


def framed(content: bytes, compressed: int = 0) -> bytes:
    return bytes([compressed]) + len(content).to_bytes(4, "big") + content


def request(name: str = "m") -> bytes:
    tensor = protocol.ModelInferRequest.InferInputTensor(name="x", datatype="UINT8", shape=[1])
    message = protocol.ModelInferRequest(model_name=name, inputs=[tensor], raw_input_contents=[b"\1"])
    return bytes(message.SerializeToString())


def call(served: Served, name: str, body: bytes, **headers: str) -> HttpMessage:
    """Return the response of the service to one call."""
    lines = "".join(f"{key.replace('_', '-')}: {value}\r\n" for key, value in headers.items())
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(str(served.socket))
        head = f"POST {PATH}{name} HTTP/1.1\r\ncontent-length: {len(body)}\r\n{lines}\r\n"
        connection.sendall(head.encode() + body)
        received = bytearray()
        while not received.endswith(b"\r\n\r\n"):
            received += connection.recv(65536)
    # The trailer is that of gRPC. The rest is an HTTP message.
    received = received.replace(b"\r\n0\r\ngrpc-status: 0\r\n\r\n", b"\r\n0\r\n\r\n")
    response = Messages(1 << 20).take(bytes(received))
    assert response
    return response


def status(answer: HttpMessage) -> int:
    return int(answer.headers.get("grpc-status", "0"))


def test_infer_passes_the_key_and_the_request_id_on(served: Served) -> None:
    served.backend.answers[INFER] = (200, "", HEAD)
    answer = call(served, "ModelInfer", framed(request()), authorization="Bearer k", x_request_id="i", cookie="c")
    assert protocol.ModelInferResponse.FromString(answer.body[5:]).model_name == "m"
    forwarded = served.backend.requests[0]
    assert forwarded.headers["authorization"] == "Bearer k"
    assert forwarded.headers["x-request-id"] == "i"
    assert "cookie" not in forwarded.headers


def test_connections_to_the_gateway_stay_open(served: Served) -> None:
    served.backend.answers[INFER] = (200, "", HEAD)
    for _ in range(3):
        assert status(call(served, "ModelInfer", framed(request()))) == Code.OK
    assert len(served.backend.connections) == 1


@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_compressed_messages_are_read(served: Served, encoding: str, pack: Any) -> None:
    served.backend.answers[INFER] = (200, "", HEAD)
    assert status(call(served, "ModelInfer", framed(pack(request()), 1), grpc_encoding=encoding)) == Code.OK


def test_what_cannot_be_read(served: Served) -> None:
    bomb = gzip.compress(bytes(messages.MOST_BYTES + 1))
    half = gzip.compress(request())[:-12]
    many: bytes = protocol.ModelInferRequest(
        parameters={str(index): protocol.InferParameter() for index in range(2000)}
    ).SerializeToString()
    for body, encoding, expected in (
        (b"", "identity", Code.INVALID_ARGUMENT),
        (framed(b"\xff\xff"), "identity", Code.INVALID_ARGUMENT),
        (framed(request()) + b"x", "identity", Code.INVALID_ARGUMENT),
        (framed(half, 1), "gzip", Code.INVALID_ARGUMENT),
        (framed(b"no gzip", 1), "gzip", Code.INVALID_ARGUMENT),
        (framed(bomb, 1), "gzip", Code.RESOURCE_EXHAUSTED),
        (framed(request(), 1), "snappy", Code.UNIMPLEMENTED),
        (framed(request("a/b")), "identity", Code.NOT_FOUND),
        (framed(request() + many), "identity", Code.INVALID_ARGUMENT),
    ):
        assert status(call(served, "ModelInfer", body, grpc_encoding=encoding)) == expected
    assert status(call(served, "RepositoryIndex", framed(b""))) == Code.UNIMPLEMENTED
    assert served.backend.requests == []


def test_a_message_that_is_far_too_long_is_refused_with_the_limit(served: Served) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(str(served.socket))
        connection.sendall(f"POST {PATH}ModelInfer HTTP/1.1\r\ncontent-length: {1 << 40}\r\n\r\n".encode())
        answer = Messages(1 << 20).take(b"".join(iter(lambda: connection.recv(65536), b"")))
    assert answer
    assert status(answer) == Code.RESOURCE_EXHAUSTED
    assert answer.headers["grpc-message"].endswith("send at most 11 MiB per request")


def test_the_gateways_errors_are_statuses(served: Served) -> None:
    error = '{"message":"too many","hint":"wäit"}'.encode()
    served.backend.answers[INFER] = (429, "retry-after: 1\r\n", error)
    answer = call(served, "ModelInfer", framed(request()))
    assert status(answer) == Code.RESOURCE_EXHAUSTED
    assert answer.headers["grpc-message"] == "too many: w%C3%A4it"
    assert answer.headers["retry-after"] == "1"


def test_a_gateway_that_closes_the_connection_is_unavailable(served: Served) -> None:
    served.backend.answers[INFER] = (200, "", None)
    assert status(call(served, "ModelInfer", framed(request()))) == Code.UNAVAILABLE


def test_a_deadline_ends_the_call(served: Served) -> None:
    served.backend.answers["/livez"] = (200, "", b"{}")
    assert status(call(served, "ServerLive", framed(b""), grpc_timeout="0n")) == Code.DEADLINE_EXCEEDED
    assert status(call(served, "ServerLive", framed(b""), grpc_timeout="soon")) == Code.INVALID_ARGUMENT
    assert status(call(served, "ServerLive", framed(b""), grpc_timeout="10S")) == Code.OK


def test_readiness(served: Served) -> None:
    served.backend.answers |= {"/v2/models/m/ready": (503, "", b"{}"), "/readyz": (200, "", b"{}")}
    message = protocol.ModelReadyRequest(name="m").SerializeToString()
    assert not protocol.ModelReadyResponse.FromString(call(served, "ModelReady", framed(message)).body[5:]).ready
    assert protocol.ServerReadyResponse.FromString(call(served, "ServerReady", framed(b"")).body[5:]).ready
    unknown = protocol.ModelReadyRequest(name="n").SerializeToString()
    assert status(call(served, "ModelReady", framed(unknown))) == Code.NOT_FOUND


def test_metadata(served: Served) -> None:
    tensor = {"name": "x", "datatype": "FP32", "shape": [-1, 4], "parameters": {}}
    content = {"name": "m", "versions": ["1"], "platform": "p", "inputs": [tensor], "outputs": [tensor]}
    served.backend.answers["/v2/models/m"] = (200, "", orjson.dumps(content))
    message = protocol.ModelMetadataRequest(name="m").SerializeToString()
    response = protocol.ModelMetadataResponse.FromString(call(served, "ModelMetadata", framed(message)).body[5:])
    assert (response.name, list(response.versions), list(response.inputs[0].shape)) == ("m", ["1"], [-1, 4])
