"""Fixtures: the folder of a gateway, and a runtime socket that records commands."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from serving.gateway.gateway import Gateway

STATISTICS = """# pxname,svname,qcur,scur,stot
predictions,torchserve,1,10,100
predictions,again,50,60,70
predictions,BACKEND,2,1000,900
uploads,torchserve,,3,5
uploads,BACKEND,4,2000,9
other,torchserve,7,7,7
other,BACKEND,8,8,8

"""


class FakeRuntime:
    """The received commands, and the answer to each command that begins with a key."""

    def __init__(self) -> None:
        self.commands: list[str] = []
        self.answers: dict[str, str] = {"show stat": STATISTICS}
        self.then: Callable[[str], object] = lambda command: None

    def answer(self, command: str) -> str:
        self.commands.append(command)
        self.then(command)
        return next((answer for begin, answer in self.answers.items() if command.startswith(begin)), "\n")


@contextmanager
def listening(path: Path, runtime: FakeRuntime) -> Iterator[None]:
    """Serve a runtime socket like HAProxy's: one command, its answer in two parts, the end."""
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(path))
        door.listen(16)
        over = threading.Event()

        def serve() -> None:
            while not over.is_set():
                connection, _ = door.accept()
                with connection:
                    if command := connection.recv(65536).decode().rstrip("\n"):
                        answer = runtime.answer(command).encode()
                        connection.sendall(answer[:1])
                        connection.sendall(answer[1:])

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            with socket.socket(socket.AF_UNIX) as last:
                last.connect(str(path))
            thread.join(10)


@pytest.fixture
def runtime(door: Gateway) -> Iterator[FakeRuntime]:
    server = FakeRuntime()
    with listening(door.socket, server):
        yield server


@pytest.fixture
def door(tmp_path: Path) -> Gateway:
    folder = tmp_path / "run" / "gateway"
    folder.mkdir(parents=True)
    (tmp_path / "scratch").mkdir()
    return Gateway(folder, folder / "clients.map", "https://127.0.0.1:8443", 0, tmp_path / "scratch" / "socket")
