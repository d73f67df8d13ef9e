"""Who is heard, and who is not: the guard before a bare ASGI application."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from playground.guard import Guard, Message, Receive, Scope, Send

PORT, LIMIT = 7860, 100
HOST = f"127.0.0.1:{PORT}"


async def reader(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that reads a whole body and answers its length."""
    length = 0
    while True:
        message = await receive()
        length += len(message["body"])
        if not message["more_body"]:
            break
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(length).encode()})


def answered(
    path: str = "/", method: str = "GET", headers: Mapping[str, str] | None = None, *chunks: bytes
) -> tuple[int, dict[bytes, bytes], bytes]:
    """Status, headers and body of the answer to a request."""
    named = {"Host": HOST} | dict(headers or {})
    raw = [(name.lower().encode(), value.encode()) for name, value in named.items()]
    scope = {"type": "http", "method": method, "path": path, "headers": raw}
    waiting = list(chunks or (b"",))
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": waiting.pop(0), "more_body": bool(waiting)}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(Guard(reader, PORT, LIMIT)(scope, receive, send))
    return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"]


@pytest.mark.parametrize("host", [HOST, f"localhost:{PORT}"])
def test_this_machine_is_heard(host: str) -> None:
    assert answered(headers={"Host": host, "Origin": f"http://{host}"})[0] == 200


@pytest.mark.parametrize(
    "host", ["", "127.0.0.1", "digits.example", f"digits.example:{PORT}", f"127.0.0.1.nip.io:{PORT}"]
)
def test_another_name_for_this_machine_is_not(host: str) -> None:
    assert answered(headers={"Host": host})[0] == 421


@pytest.mark.parametrize("origin", ["null", "http://digits.example", f"https://{HOST}", "http://127.0.0.1:80"])
def test_another_site_is_not(origin: str) -> None:
    assert answered(headers={"Origin": origin})[0] == 403


@pytest.mark.parametrize("path", ["/", "/assets/index-AbC_1.js", "/static/js/a.min.js", "/theme.css", "/favicon.ico"])
def test_what_the_page_is_made_of_is_there(path: str) -> None:
    assert answered(path)[0] == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/gradio_api/file=/etc/passwd"), ("POST", "/"), ("GET", "/static/../config"), ("GET", "/assets/../x"),
     ("POST", "/gradio_api/upload"), ("OPTIONS", "/gradio_api/component_server")],
)  # fmt: skip
def test_all_else_is_not(method: str, path: str) -> None:
    assert answered(path, method)[0] == 404


def question(headers: Mapping[str, str], *chunks: bytes) -> int:
    return answered("/gradio_api/component_server/", "POST", headers, *chunks)[0]


def test_a_body_is_passed_on_up_to_the_limit() -> None:
    assert question({"Content-Length": "100"}, bytes(60), bytes(40)) == 200


def test_a_larger_one_is_refused_by_what_it_claims_and_by_what_comes() -> None:
    assert question({"Content-Length": "101"}, b"") == 413
    assert question({}, bytes(60), bytes(41)) == 413  # in chunks, which claim nothing


def test_a_browser_is_told_to_ask_and_to_frame_from_nowhere_else() -> None:
    headers: dict[bytes, Any] = answered()[1]
    assert b"default-src 'self'" in headers[b"content-security-policy"]
    assert b"frame-ancestors 'none'" in headers[b"content-security-policy"]


def test_nothing_but_http_is_spoken() -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {}

    asyncio.run(Guard(reader, PORT, LIMIT)({"type": "websocket", "headers": []}, receive, send))
    assert sent[0]["status"] == 404
