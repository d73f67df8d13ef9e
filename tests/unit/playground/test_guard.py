"""Requests that reach Gradio, and those that do not: the guard before a bare ASGI application."""

import asyncio
from collections.abc import Mapping

import pytest

from playground import limits
from playground.asgi import Message, Receive, Scope, Send
from playground.guard import Guard
from tests.unit.playground.asgi_client import HOST, PORT, QUESTION, Reply, read_length, reply, request_scope

JSON = {"Content-Type": "application/json"}
EVIL = {
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "https",
    "X-Gradio-Server": "http://evil.example",
    "X-Forwarded-Server": "evil.example",
    "Forwarded": "host=evil.example",
    "Referer": "http://evil.example/",
    "Cookie": "a=evil.example",
}


def answered(path: str = "/", method: str = "GET", headers: Mapping[str, str] | None = None, *chunks: bytes) -> Reply:
    return reply(Guard(read_length, PORT), request_scope(path, method, headers), *chunks)


def passed_on(headers: Mapping[str, str], query: bytes = b"") -> Scope:
    """Return the request as the application behind the guard gets it."""
    scopes: list[Scope] = []

    async def keep(scope: Scope, receive: Receive, send: Send) -> None:
        scopes.append(scope)
        await read_length(scope, receive, send)

    reply(Guard(keep, PORT), request_scope(headers=headers, query=query))
    return scopes[0]


@pytest.mark.parametrize("host", [HOST, f"localhost:{PORT}"])
def test_this_machine_is_heard(host: str) -> None:
    assert answered(headers={"Host": host, "Origin": f"http://{host}"}).status == 200


@pytest.mark.parametrize(
    "host", ["", "127.0.0.1", "digits.example", f"digits.example:{PORT}", f"127.0.0.1.nip.io:{PORT}"]
)
def test_another_name_for_this_machine_is_not(host: str) -> None:
    assert answered(headers={"Host": host}).status == 421


@pytest.mark.parametrize("origin", ["null", "http://digits.example", f"https://{HOST}", "http://127.0.0.1:80"])
def test_another_site_is_not(origin: str) -> None:
    assert answered(headers={"Origin": origin}).status == 403


@pytest.mark.parametrize("path", ["/", "/assets/index-AbC_1.js", "/static/js/a.min.js", "/theme.css", "/favicon.ico"])
def test_what_the_page_is_made_of_is_there(path: str) -> None:
    assert answered(path).status == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/gradio_api/file=/etc/passwd"), ("POST", "/"), ("GET", "/static/../config"), ("GET", "/assets/../x"),
     ("POST", "/gradio_api/upload"), ("OPTIONS", "/gradio_api/component_server"), ("POST", "/gradio_api/heartbeat/a"),
     ("GET", "/gradio_api/heartbeat/"), ("GET", "/gradio_api/heartbeat/a/b")],
)  # fmt: skip
def test_all_else_is_not(method: str, path: str) -> None:
    assert answered(path, method).status == 404


def test_a_heartbeat_is_answered_at_once_and_never_reaches_gradio() -> None:
    async def never(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError(scope)

    heartbeat = reply(Guard(never, PORT), request_scope("/gradio_api/heartbeat/abc123"))
    assert (heartbeat.status, heartbeat.body) == (204, b"")


@pytest.mark.parametrize("prefix", [{}, {"X-Forwarded-Prefix": "/playground"}, {"X-Forwarded-Prefix": "/evil.example"}])
def test_no_header_of_a_client_s_says_where_the_page_is(prefix: dict[str, str]) -> None:
    scope = passed_on(EVIL | prefix, query=b"deep_link=evil.example&page=evil.example")
    assert "evil.example" not in str(scope)
    assert (b"host", HOST.encode()) in scope["headers"]


def test_a_published_page_has_a_root_of_its_path_alone() -> None:
    scope = passed_on({"X-Forwarded-Prefix": "/playground"})
    assert scope["root_path"] == "/playground"
    assert (b"x-gradio-server", b"/") in scope["headers"]


def question(headers: Mapping[str, str], *chunks: bytes) -> int:
    return answered(QUESTION, "POST", headers, *chunks).status


def test_a_body_is_passed_on_up_to_the_limit() -> None:
    most = limits.BODY_BYTES
    assert question(JSON | {"Content-Length": str(most)}, bytes(most - 40), bytes(40)) == 200


def test_a_larger_one_is_refused_by_its_length_and_by_its_bytes() -> None:
    most = limits.BODY_BYTES
    assert question(JSON | {"Content-Length": str(most + 1)}, b"") == 413
    assert question(JSON, bytes(most - 40), bytes(41)) == 413  # in chunks, which have no length before


def test_a_file_of_the_limit_fits_into_a_body() -> None:
    assert 4 * -(-limits.FILE_BYTES // 3) + 1000 < limits.BODY_BYTES


@pytest.mark.parametrize(
    "kind", [{}, {"Content-Type": "multipart/form-data; boundary=a"}, {"Content-Type": "text/plain"}]
)
def test_only_json_is_a_question(kind: dict[str, str]) -> None:
    """Gradio would write a form's files to disk."""
    assert question(kind, b"") == 415
    assert question({"Content-Type": "application/json; charset=utf-8"}, b"") == 200


def test_a_browser_is_told_to_ask_and_to_frame_from_nowhere_else() -> None:
    policy = answered().headers[b"content-security-policy"]
    assert b"default-src 'self'" in policy
    assert b"frame-ancestors 'none'" in policy


def test_nothing_but_http_is_spoken() -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {}

    asyncio.run(Guard(read_length, PORT)({"type": "websocket", "headers": []}, receive, send))
    assert sent[0]["status"] == 404
