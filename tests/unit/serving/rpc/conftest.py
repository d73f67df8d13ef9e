"""Fixtures: a fake gateway at a socket, and the gRPC service in front of it."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from serving.rpc.calls import Calls
from serving.rpc.http import HttpMessage, Messages
from serving.rpc.server import RpcServer
from serving.rpc.upstream import Upstream

MOST = 1 << 20


@dataclass
class Backend:
    """An HTTP server at a socket.

    answers   by path: status, headers and body; a body of None closes the connection
    requests  the received requests
    """

    path: Path
    answers: dict[str, tuple[int, str, bytes | None]] = field(default_factory=dict)
    requests: list[HttpMessage] = field(default_factory=list)
    connections: list["asyncio.Task[None] | None"] = field(default_factory=list)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections.append(asyncio.current_task())
        messages = Messages(MOST)
        while data := await reader.read(65536):
            if not (message := messages.take(data)):
                continue
            self.requests.append(message)
            status, lines, body = self.answers.get(message.first.split(" ")[1], (404, "", b""))
            if body is None:
                break
            writer.write(f"HTTP/1.1 {status} X\r\n{lines}content-length: {len(body)}\r\n\r\n".encode() + body)
        writer.close()
        await writer.wait_closed()


@dataclass
class Served:
    backend: Backend
    socket: Path


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """Serve at a socket, with a backend at another socket."""
    backend = Backend(tmp_path / "backend")
    ready: Future[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = Future()

    async def serve() -> None:
        upstream = Upstream(backend.path)
        server = RpcServer(Calls(upstream).table)
        behind = await asyncio.start_unix_server(backend.talk, backend.path)
        await server.start(str(tmp_path / "service"))
        loop = asyncio.get_running_loop()
        stop = loop.create_future()
        ready.set_result((loop, stop))
        await stop
        await server.stop(5)
        await upstream.close()
        behind.close()
        await asyncio.gather(*filter(None, backend.connections))

    thread = threading.Thread(target=asyncio.run, args=[serve()])
    thread.start()
    loop, stop = ready.result(10)
    yield Served(backend, tmp_path / "service")
    loop.call_soon_threadsafe(stop.set_result, None)
    thread.join(10)
    assert not thread.is_alive()
