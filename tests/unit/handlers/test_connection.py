"""Waiting for messages: by polling while they come soon, by sleeping otherwise."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from handlers import connection
from handlers.connection import FrontendConnection

MOST = 1 << 10


class Line(socket.socket):
    """A socket that records the flags of each ``recv``: 0 if it sleeps, others if it polls."""

    def recv(self, most: int, flags: int = 0) -> bytes:
        self.flags.append(flags)
        return super().recv(most, flags)

    @property
    def flags(self) -> list[int]:
        recorded: list[int] = self.__dict__.setdefault("recorded", [])
        return recorded


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, Line]]:
    frontend, backend = socket.socketpair()
    with frontend, Line(fileno=backend.detach()) as line:
        yield frontend, line


def test_messages_that_come_soon_are_polled_for(
    ends: tuple[socket.socket, Line], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "_SOON", 10.0)
    frontend, line = ends
    received = FrontendConnection(line, polls=True)
    for content in (b"one", b"two", b"three"):
        frontend.sendall(content)
        assert received.recv(MOST) == content
    assert line.flags == [0, socket.MSG_DONTWAIT, socket.MSG_DONTWAIT]


def test_a_worker_without_requests_sleeps(ends: tuple[socket.socket, Line], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "_SOON", 0.1)
    frontend, line = ends
    received = FrontendConnection(line, polls=True)
    frontend.sendall(b"one")
    received.recv(MOST)
    for _ in range(2):
        timer = threading.Timer(0.5, frontend.sendall, (b"late",))
        timer.start()
        before = time.thread_time()
        assert received.recv(MOST) == b"late"
        assert time.thread_time() - before < 0.25
        timer.join()
    assert socket.MSG_DONTWAIT in line.flags, "the first wait begins awake"
    assert line.flags[-2:] == [0, 0], "a late message ends the polling"


def test_one_core_is_never_polled_on(ends: tuple[socket.socket, Line]) -> None:
    frontend, line = ends
    received = FrontendConnection(line, polls=False)
    for content in (b"one", b"two", b"three"):
        frontend.sendall(content)
        assert received.recv(MOST) == content
    assert line.flags == [0, 0, 0]


def test_the_end_of_the_connection_and_its_timeout_are_passed_on(ends: tuple[socket.socket, Line]) -> None:
    frontend, line = ends
    received = FrontendConnection(line, polls=True)
    line.setblocking(False)
    for _ in range(2):
        with pytest.raises(BlockingIOError):
            received.recv(MOST)
    line.setblocking(True)
    frontend.sendall(b"one")
    assert received.recv(MOST) == b"one"
    frontend.close()
    assert received.recv(MOST) == b""
    assert received.recv(MOST) == b""
