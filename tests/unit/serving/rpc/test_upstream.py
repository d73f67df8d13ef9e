"""Connections to the gateway: reused while they are open, and replaced when they are closed."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest

from serving.rpc.upstream import Upstream, UpstreamError

OK = b"HTTP/1.1 200 OK\r\n%bcontent-length: 2\r\n\r\nok"
Talk = Callable[[Upstream], Awaitable[None]]


def run(folder: Path, answers: list[list[bytes]], talk: Talk) -> int:
    """Answer the requests of each connection, then close it. Return the number of connections."""
    tasks: list[asyncio.Task[None] | None] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.append(asyncio.current_task())
        with suppress(asyncio.IncompleteReadError, OSError):
            for answer in answers[len(tasks) - 1]:
                await reader.readuntil(b"\r\n\r\n")
                writer.write(answer)
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    async def main() -> None:
        server = await asyncio.start_unix_server(serve, folder / "gateway")
        upstream = Upstream(folder / "gateway")
        try:
            await asyncio.wait_for(talk(upstream), 10)
        finally:
            await upstream.close()
            server.close()
            await asyncio.gather(*filter(None, tasks))

    asyncio.run(main())
    return len(tasks)


async def get_livez(upstream: Upstream) -> tuple[int, bytes]:
    response = await upstream.get("/livez")
    return response.status, response.body


def test_a_connection_is_used_again_and_replaced_once_the_gateway_closed_it(tmp_path: Path) -> None:
    async def talk(upstream: Upstream) -> None:
        for _ in range(3):
            assert await get_livez(upstream) == (200, b"ok")

    assert run(tmp_path, [[OK % b""] * 2, [OK % b""]], talk) == 2


def test_a_connection_that_the_gateway_wants_closed_is_not_used_again(tmp_path: Path) -> None:
    async def talk(upstream: Upstream) -> None:
        for _ in range(2):
            assert await get_livez(upstream) == (200, b"ok")
        assert upstream._idle == []

    assert run(tmp_path, [[OK % b"connection: close\r\n"] * 2] * 2, talk) == 2


def test_a_request_that_was_answered_in_part_is_not_repeated(tmp_path: Path) -> None:
    async def talk(upstream: Upstream) -> None:
        assert await get_livez(upstream) == (200, b"ok")
        with pytest.raises(UpstreamError, match="the gateway closed the connection"):
            await get_livez(upstream)

    assert run(tmp_path, [[OK % b"", (OK % b"")[:-1]], [OK % b""]], talk) == 1


@pytest.mark.parametrize("answer", [b"HTTP/1.1\r\n\r\n", b"HTTP/1.1 ok\r\n\r\n", b"a" * 70_000])
def test_an_answer_that_cannot_be_read_is_an_error(tmp_path: Path, answer: bytes) -> None:
    async def talk(upstream: Upstream) -> None:
        with pytest.raises(UpstreamError, match="cannot be read"):
            await get_livez(upstream)

    assert run(tmp_path, [[answer]], talk) == 1


def test_two_requests_at_once_have_two_connections(tmp_path: Path) -> None:
    async def talk(upstream: Upstream) -> None:
        assert [*await asyncio.gather(get_livez(upstream), get_livez(upstream))] == [(200, b"ok")] * 2
        assert len(upstream._idle) == 2

    assert run(tmp_path, [[OK % b"", OK % b""]] * 2, talk) == 2


def test_a_gateway_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UpstreamError, match="cannot be reached"):
        asyncio.run(get_livez(Upstream(tmp_path / "gateway")))
