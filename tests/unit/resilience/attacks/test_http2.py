"""The HTTP/2 of the attacker."""

import asyncio
from typing import cast

from resilience.attacks import http2
from resilience.attacks.connections import Connection
from resilience.attacks.http2 import Frame, Session


class Sent:
    """A socket that records the written bytes."""

    def __init__(self) -> None:
        self.content = b""

    def write(self, content: bytes) -> None:
        self.content += content


def frame(kind: Frame, flags: int, stream: int, content: bytes) -> bytes:
    return len(content).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + content


def test_lengths_over_126_are_continued() -> None:
    assert http2._string("a" * 126)[:1] == b"\x7e"
    assert http2._string("a" * 127)[:2] == b"\x7f\x00"
    assert http2._string("a" * 400)[:3] == b"\x7f\x91\x02"  # 127 + 17 + 2 * 128


def test_statuses_are_of_the_table_or_of_three_digits() -> None:
    assert http2._status(b"\x88") == "200"
    assert http2._status(b"\x08\x03429") == "429"


def test_answers_come_by_stream() -> None:
    async def answers() -> tuple[list[str], bytes]:
        reader, sent = asyncio.StreamReader(), Sent()
        session = Session(Connection(reader, cast(asyncio.StreamWriter, sent)))
        streams = [session.open(http2.request()) for _ in range(3)]
        reader.feed_data(frame(Frame.PING, 0, 0, b"12345678"))
        reader.feed_data(frame(Frame.HEADERS, 4, streams[1], b"\x8c"))
        reader.feed_data(frame(Frame.RST_STREAM, 0, streams[0], (7).to_bytes(4, "big")))
        reader.feed_data(frame(Frame.GOAWAY, 0, 0, bytes(4) + (11).to_bytes(4, "big")))
        await session.read()
        return [await session.answer(stream) for stream in streams], sent.content

    texts, sent = asyncio.run(answers())
    assert texts == ["reset 7", "400", "goaway 11"]
    assert sent.endswith(frame(Frame.PING, 1, 0, b"12345678"))


def test_bodies_wait_for_the_window() -> None:
    async def sent() -> tuple[int, int]:
        reader, writer = asyncio.StreamReader(), Sent()
        session = Session(Connection(reader, cast(asyncio.StreamWriter, writer)))
        stream = session.open(http2.request())
        reading = asyncio.create_task(session.read())
        body = asyncio.create_task(session.data(stream, bytes(60_000)))
        rest = asyncio.create_task(session.data(stream, bytes(10_000)))
        await asyncio.sleep(0.05)
        before = len(writer.content)
        for number in (0, stream):
            reader.feed_data(frame(Frame.WINDOW_UPDATE, 0, number, (10_000).to_bytes(4, "big")))
        await asyncio.gather(body, rest)
        reader.feed_eof()
        await reading
        return before, len(writer.content)

    before, after = asyncio.run(sent())
    assert before < 61_000
    assert after >= 70_000
