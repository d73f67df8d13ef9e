"""Questions that come all at once, too slowly, or in too many parts."""

import asyncio
from collections import Counter

import pytest

from playground import limits
from playground.asgi import Message, Receive, Scope, Send
from playground.guard import Guard
from tests.unit.playground.asgi_client import PORT, QUESTION, Reply, read_length, reply, request, request_scope

POST = request_scope(QUESTION, "POST", {"Content-Type": "application/json"})


class SlowApp:
    """ASGI application whose answers take a while; ``most`` of them are under way at once."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.now = self.most = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(self.seconds)
        self.now -= 1
        await read_length(scope, receive, send)


def crowd(app: SlowApp, count: int) -> list[Reply]:
    """Return the answers to so many questions at once."""
    guard = Guard(app, PORT)

    async def all_of_them() -> list[Reply]:
        return await asyncio.gather(*(request(guard, POST, b"{}") for _ in range(count)))

    return asyncio.run(all_of_them())


def test_four_questions_are_answered_at_once_and_others_wait() -> None:
    app = SlowApp(0.02)
    assert Counter(answer.status for answer in crowd(app, 16)) == {200: 16}
    assert app.most == limits.ANSWERED_AT_ONCE == 4


def test_more_than_can_wait_are_refused_with_retry_after() -> None:
    refused = [answer for answer in crowd(SlowApp(0.02), 40) if answer.status != 200]
    assert len(refused) == 40 - limits.RECEIVED_AT_ONCE
    assert {(answer.status, answer.headers[b"retry-after"]) for answer in refused} == {(503, b"1")}


def test_who_waits_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BUSY_SECONDS", 0.05)
    assert Counter(answer.status for answer in crowd(SlowApp(0.3), 8)) == {200: 4, 503: 4}


def test_places_are_free_again_after_failures() -> None:
    async def failing(scope: Scope, receive: Receive, send: Send) -> None:
        raise OSError("broken")

    async def all_of_them() -> None:
        guard = Guard(failing, PORT)
        for _ in range(2 * limits.RECEIVED_AT_ONCE):
            with pytest.raises(OSError, match="broken"):
                await request(guard, POST, b"{}")

    asyncio.run(all_of_them())


def test_a_slow_body_holds_no_place_and_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BODY_SECONDS", 1.0)
    app = SlowApp(0)
    guard = Guard(app, PORT)
    statuses: list[int] = []

    async def receive_slowly() -> Message:
        await asyncio.sleep(0.05)
        return {"type": "http.request", "body": b" ", "more_body": True}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    async def all_of_them() -> Reply:
        slow = [asyncio.ensure_future(guard(POST, receive_slowly, send)) for _ in range(8)]
        await asyncio.sleep(0.01)
        quick = await request(guard, POST, b"{}")
        assert statuses == []
        await asyncio.gather(*slow)
        return quick

    assert asyncio.run(all_of_them()).status == 200
    assert statuses == [408] * 8
    assert app.most == 1


def test_a_client_that_goes_away_gets_nothing() -> None:
    async def gone() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        raise AssertionError(message)

    asyncio.run(Guard(SlowApp(0), PORT)(POST, gone, send))


@pytest.mark.parametrize("body", [b"[" * 65, b'{"a":' * 65, b"[" + b"{}," * 65, b"1," * 65])
def test_json_of_many_parts_is_refused(body: bytes) -> None:
    refused = reply(Guard(SlowApp(0), PORT), POST, body)
    assert (refused.status, refused.body) == (400, b"send JSON of at most 64 parts\n")
