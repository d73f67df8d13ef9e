"""The loop that replaces TorchServe's: its conditions, and its answers on a real connection."""

import socket
import struct
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from types import ModuleType

import pytest
import ts
from ts.protocol import otf_message_handler as theirs

from handlers import worker_loop
from handlers.protocol import INFERENCE, Headers, Received, encode
from inference.http_message import Answer

END = struct.pack("!i", -1)


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return the main module of a worker that TorchServe started."""
    module = ModuleType("__main__")
    module.__dict__["retrieve_msg"] = theirs.retrieve_msg
    monkeypatch.setitem(sys.modules, "__main__", module)
    monkeypatch.setenv("TS_DECODE_INPUT_REQUEST", "false")
    return module


@pytest.fixture
def line() -> Iterator[tuple[socket.socket, socket.socket]]:
    frontend, backend = socket.socketpair()
    with frontend, backend:
        frontend.settimeout(10)
        yield frontend, backend


def echo(batch: Sequence[Received]) -> list[Answer]:
    return [Answer(received.parameters["body"]) for received in batch]


def none_left() -> bool:
    return False


def nothing() -> None:
    pass


def string(content: bytes) -> bytes:
    return struct.pack("!i", len(content)) + content


def request(request_id: bytes, body: bytes) -> bytes:
    return string(request_id) + END + string(b"body") + string(b"") + string(body) + END


def test_batches_are_answered_until_the_frontend_leaves(
    worker: ModuleType, line: tuple[socket.socket, socket.socket]
) -> None:
    frontend, backend = line
    assert worker_loop.install(echo, none_left, nothing)
    left = threading.Event()

    def run() -> None:
        with pytest.raises(SystemExit):
            worker.retrieve_msg(backend)
        left.set()

    thread = threading.Thread(target=run)
    thread.start()
    for bodies in ([b"one"], [b"two", b"three"]):
        expected = encode([Received(body, {}, Headers()) for body in bodies], [Answer(b) for b in bodies])
        frontend.sendall(INFERENCE + b"".join(request(body, body) for body in bodies) + END)
        assert frontend.recv(len(expected), socket.MSG_WAITALL) == expected
    frontend.shutdown(socket.SHUT_WR)
    thread.join(10)
    assert left.is_set()


@dataclass
class Calls:
    """Callbacks of the loop beside ``answers``. Each batch leaves work for the idle time."""

    names: list[str] = field(default_factory=list)
    idle: threading.Event = field(default_factory=threading.Event)

    def sent(self) -> bool:
        self.names.append("sent")
        return True

    def at_idle(self) -> None:
        self.names.append("idle")
        self.idle.set()


@pytest.fixture
def calls(worker: ModuleType, line: tuple[socket.socket, socket.socket]) -> Iterator[Calls]:
    """Start a loop that runs until the end of the test. Yield its callbacks."""
    frontend, backend = line
    callbacks = Calls()
    assert worker_loop.install(echo, callbacks.sent, callbacks.at_idle)

    def run() -> None:
        with pytest.raises(SystemExit):
            worker.retrieve_msg(backend)

    thread = threading.Thread(target=run)
    thread.start()
    yield callbacks
    frontend.shutdown(socket.SHUT_WR)
    thread.join(10)
    assert callbacks.names[-1] == "idle"  # no work is left at the end


ONE = INFERENCE + request(b"one", b"one") + END
ANSWER = encode([Received(b"one", {}, Headers())], [Answer(b"one")])


def test_what_a_batch_leaves_to_do_waits_while_others_follow(
    line: tuple[socket.socket, socket.socket], calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_loop, "_IDLE_SECONDS", 1000.5)
    frontend, _ = line
    for _ in range(3):
        frontend.sendall(ONE)
        assert frontend.recv(len(ANSWER), socket.MSG_WAITALL) == ANSWER
    assert "idle" not in calls.names


def test_what_a_batch_leaves_to_do_is_done_once_no_other_follows(
    line: tuple[socket.socket, socket.socket], calls: Calls
) -> None:
    frontend, backend = line
    for turn in (1, 2):
        frontend.sendall(ONE)
        assert frontend.recv(len(ANSWER), socket.MSG_WAITALL) == ANSWER
        assert calls.idle.wait(10)
        assert calls.names == ["sent", "idle"] * turn
        assert backend.getsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, 16) == bytes(16)  # it does not poll any longer
        calls.idle.clear()


def test_a_batch_that_comes_with_a_pause_is_read_whole(line: tuple[socket.socket, socket.socket], calls: Calls) -> None:
    frontend, _ = line
    frontend.sendall(ONE)
    assert frontend.recv(len(ANSWER), socket.MSG_WAITALL) == ANSWER
    frontend.sendall(ONE[:9])
    assert calls.idle.wait(10)
    frontend.sendall(ONE[9:])
    assert frontend.recv(len(ANSWER), socket.MSG_WAITALL) == ANSWER


def test_what_is_no_batch_is_read_as_torchserve_reads_it(
    worker: ModuleType, line: tuple[socket.socket, socket.socket]
) -> None:
    frontend, backend = line
    assert worker_loop.install(echo, none_left, nothing)
    name, path, handler, envelope = b"digits", b"/models", b"handler.py", b""
    load = b"L" + string(name) + string(path) + struct.pack("!i", 64) + string(handler)
    frontend.sendall(load + struct.pack("!i", -1) + string(envelope) + b"\1")
    command, message = worker.retrieve_msg(backend)
    assert command == b"L"
    assert message["modelName"] == name
    assert message["batchSize"] == 64


def test_a_process_that_is_no_worker_is_left_alone() -> None:
    assert not worker_loop.install(echo, none_left, nothing)


@pytest.mark.parametrize(("variable", "value"), [("TS_DECODE_INPUT_REQUEST", "true"), ("LOCAL_RANK", "1")])
def test_a_worker_that_is_set_to_do_more_keeps_its_own_loop(
    worker: ModuleType, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    assert not worker_loop.install(echo, none_left, nothing)
    assert worker.retrieve_msg is theirs.retrieve_msg


def test_another_torchserve_keeps_its_own_loop(worker: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ts, "__version__", "0.13.0")
    assert not worker_loop.install(echo, none_left, nothing)
    assert worker.retrieve_msg is theirs.retrieve_msg
