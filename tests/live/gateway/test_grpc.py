"""gRPC at the gateway: keys, scopes and rates, and the restart of its process."""

import os
import signal
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from open_inference.grpc import protocol, service

from serving.node import rpc
from serving.rpc.calls import SERVICE

from ..conftest import until
from .conftest import Node
from .test_usage import account


@pytest.fixture
def channel(node: Node) -> Iterator[grpc.Channel]:
    trust = grpc.ssl_channel_credentials(node.gateway.certificate.read_bytes())
    with grpc.secure_channel(f"127.0.0.1:{node.port}", trust) as opened:
        yield opened


@pytest.fixture
def stub(channel: grpc.Channel) -> Any:
    return service.GRPCInferenceServiceStub(channel)


def infer(stub: Any, seven: bytes, key: dict[str, str]) -> tuple[str, str]:
    """Call ModelInfer. Return the status, and the digit or the details of the error."""
    tensor = protocol.ModelInferRequest.InferInputTensor(name="pixels", datatype="UINT8", shape=[1, 784])
    request = protocol.ModelInferRequest(model_name="digits", inputs=[tensor], raw_input_contents=[seven])
    metadata = [(name.lower(), value) for name, value in key.items()]
    try:
        answer = stub.ModelInfer(request, metadata=metadata, timeout=30)
        return "OK", str(int.from_bytes(answer.raw_output_contents[0], "little"))
    except grpc.RpcError as error:
        return error.code().name, error.details()


def test_keys_and_limits_are_those_of_http(node: Node, stub: Any, seven: bytes) -> None:
    assert infer(stub, seven, node.key("caller")) == ("OK", "7")
    until(lambda: account(node, "caller"), 5)
    assert [(line.requests, line.rows) for line in account(node, "caller")] == [(1, 1)]
    assert infer(stub, seven, node.key("explainer", "explain"))[0] == "PERMISSION_DENIED"
    assert infer(stub, seven, node.key("other", models=("iris",)))[0] == "PERMISSION_DENIED"
    assert infer(stub, seven, node.key("late", days=0))[0] == "UNAUTHENTICATED"
    slow = node.key("slow", rate=1)
    assert infer(stub, seven, slow)[0] == "OK"
    until(lambda: infer(stub, seven, slow)[0] == "RESOURCE_EXHAUSTED", 10)


def test_a_message_of_a_million_outputs_is_refused(node: Node, channel: grpc.Channel, stub: Any, seven: bytes) -> None:
    """The parser once took 18 s and gigabytes for such a message, and other calls waited."""
    field = protocol.ModelInferRequest.DESCRIPTOR.fields_by_name["outputs"].number
    bomb = protocol.ModelInferRequest(model_name="digits").SerializeToString() + bytes([field << 3 | 2, 0]) * 1_000_000
    key = [(name.lower(), value) for name, value in node.key("bomber").items()]
    call, statuses = channel.unary_unary(f"/{SERVICE}/ModelInfer"), []
    for compression in (grpc.Compression.NoCompression, grpc.Compression.Gzip):
        with pytest.raises(grpc.RpcError) as refused:
            call(bomb, metadata=key, timeout=30, compression=compression)
        statuses.append(refused.value.code().name)
    assert statuses == ["INVALID_ARGUMENT", "RESOURCE_EXHAUSTED"]
    assert infer(stub, seven, node.key("unharmed")) == ("OK", "7")


@pytest.mark.parametrize("mebibytes", [12, 40])
def test_a_message_that_is_too_long_is_refused_as_such(
    mebibytes: int, node: Node, channel: grpc.Channel, stub: Any, seven: bytes
) -> None:
    """Closing the connection while a client sends would look like a cancelled call, or like one to try again."""
    key = [(name.lower(), value) for name, value in node.key("bulky").items()]
    for _ in range(3):
        with pytest.raises(grpc.RpcError, match="the message is too long") as refused:
            channel.unary_unary(f"/{SERVICE}/ModelInfer")(bytes(mebibytes << 20), metadata=key, timeout=30)
        assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert infer(stub, seven, node.key("unharmed")) == ("OK", "7")


def test_a_killed_process_is_started_again(node: Node, stub: Any, seven: bytes) -> None:
    first, key = rpc.find(node.server.directory), node.key("patient")
    assert first
    os.kill(first.pid, signal.SIGKILL)
    until(lambda: not first.running, 5)
    until(lambda: infer(stub, seven, key) == ("OK", "7"), 30)
    second = rpc.find(node.server.directory)
    assert second
    assert second.pid != first.pid
