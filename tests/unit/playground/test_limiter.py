"""Requests to the page that come at once, or too slowly."""

import asyncio
import threading
from collections import Counter
from collections.abc import Mapping

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message

from playground import limits
from playground.limiter import QuestionLimiter


class SlowAnswer:
    """An application that answers after a while. ``most`` is the largest number of requests at once."""

    def __init__(self, seconds: float) -> None:
        self._end, self._lock, self._seconds = threading.Event(), threading.Lock(), seconds
        self.now = self.most = 0

    def __call__(self, body: bytes, _: Mapping[str, str]) -> dict[str, int]:
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        self._end.wait(self._seconds)
        with self._lock:
            self.now -= 1
        return {"length": len(body)}


def question(*chunks: bytes, pause: float = 0.0) -> Request:
    """Return a request whose body comes in chunks, with a pause before each. Without chunks the client disconnects."""
    waiting = list(chunks)

    async def receive() -> Message:
        await asyncio.sleep(pause)
        if not waiting:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": waiting.pop(0), "more_body": bool(waiting)}

    return Request({"type": "http", "method": "POST", "headers": [], "query_string": b""}, receive)


async def ask(limiter: QuestionLimiter, answer: SlowAnswer, request: Request | None = None) -> tuple[int, str]:
    """Return the status, and Retry-After."""
    try:
        await limiter.answer(request or question(b"{}"), answer)
    except HTTPException as error:
        return error.status_code, dict(error.headers or {}).get("Retry-After", "")
    return 200, ""


def crowd(answer: SlowAnswer, count: int) -> Counter[tuple[int, str]]:
    """Return the answers to this many requests at once."""

    async def all_of_them() -> list[tuple[int, str]]:
        limiter = QuestionLimiter()
        return await asyncio.gather(*(ask(limiter, answer) for _ in range(count)))

    return Counter(asyncio.run(all_of_them()))


def test_four_questions_are_answered_at_once_and_others_wait() -> None:
    answer = SlowAnswer(0.02)
    assert crowd(answer, 16) == {(200, ""): 16}
    assert answer.most == limits.ANSWERED_AT_ONCE == 4


def test_more_than_can_wait_are_refused_with_retry_after() -> None:
    refused = 40 - limits.RECEIVED_AT_ONCE
    assert crowd(SlowAnswer(0.02), 40) == {(200, ""): limits.RECEIVED_AT_ONCE, (503, "1"): refused}


def test_a_question_that_waits_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BUSY_SECONDS", 0.05)
    assert crowd(SlowAnswer(1.0), 8) == {(200, ""): 4, (503, "1"): 4}


def test_places_are_free_again_after_failures() -> None:
    def failing(_body: bytes, _parameters: Mapping[str, str]) -> dict[str, int]:
        raise OSError("broken")

    async def all_of_them() -> None:
        limiter = QuestionLimiter()
        for _ in range(2 * limits.RECEIVED_AT_ONCE):
            with pytest.raises(OSError, match="broken"):
                await limiter.answer(question(b"{}"), failing)

    asyncio.run(all_of_them())


def test_a_slow_body_holds_no_place_and_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BODY_SECONDS", 1.5)
    answer = SlowAnswer(0.0)

    async def all_of_them() -> list[tuple[int, str]]:
        limiter = QuestionLimiter()
        bodies = [question(*[b" "] * 100, pause=0.05) for _ in range(8)]
        slow = [asyncio.ensure_future(ask(limiter, answer, body)) for body in bodies]
        await asyncio.sleep(0)
        assert await ask(limiter, answer) == (200, "")
        assert not any(one.done() for one in slow)
        return await asyncio.gather(*slow)

    assert asyncio.run(all_of_them()) == [(408, "")] * 8
    assert answer.most == 1


def test_a_client_that_goes_away_is_not_answered() -> None:
    answer = SlowAnswer(0.0)
    assert asyncio.run(ask(QuestionLimiter(), answer, question()))[0] == 408
    assert answer.most == 0
