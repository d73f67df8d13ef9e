"""Requests to an ASGI application without a server."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from playground.asgi import App, Message, Receive, Scope, Send

PORT = 7860
HOST = f"127.0.0.1:{PORT}"
QUESTION = "/gradio_api/component_server/"


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[bytes, bytes]
    body: bytes


def request_scope(
    path: str = "/", method: str = "GET", headers: Mapping[str, str] | None = None, query: bytes = b""
) -> Scope:
    named = {"Host": HOST} | dict(headers or {})
    raw = [(name.lower().encode(), value.encode()) for name, value in named.items()]
    return {"type": "http", "method": method, "path": path, "query_string": query, "headers": raw}


async def request(app: App, scope: Scope, *chunks: bytes) -> Reply:
    """Send a body in these chunks."""
    waiting = list(chunks or (b"",))
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": waiting.pop(0), "more_body": bool(waiting)}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return Reply(sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"])


def reply(app: App, scope: Scope, *chunks: bytes) -> Reply:
    return asyncio.run(request(app, scope, *chunks))


async def read_length(scope: Scope, receive: Receive, send: Send) -> None:
    """ASGI application that reads a whole body and answers its length."""
    length = 0
    while True:
        message = await receive()
        length += len(message["body"])
        if not message["more_body"]:
            break
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(length).encode()})
