"""What stands before Gradio: it hears this machine's own page only, and only what that page needs."""

import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

# Gradio brings a proxy, uploads, a file server and more; the page uses none of them, so nobody else does.
_ROUTES = {
    "GET": re.compile(r"/|/assets/[\w.-]+|/static/[\w./-]+|/theme\.css|/favicon\.ico|/gradio_api/heartbeat/\w+"),
    "POST": re.compile(r"/gradio_api/component_server/?"),
}
_PUBLISHED = b"/playground"  # where deploy/gateway/haproxy.cfg has the page
_ROUTES["HEAD"] = _ROUTES["GET"]
# A second wall: whatever Gradio's scripts would fetch, the browser asks nobody but this server. They compile templates,
# hence unsafe-eval; no other site may frame the page.
_HEADERS = [
    (
        b"content-security-policy",
        b"default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
        b"img-src 'self' data: blob:; font-src 'self' data:; frame-ancestors 'none'; form-action 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]


class Refused(Exception):  # noqa: N818 - an answer that is on its way, not a fault
    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class Guard:
    """An ASGI application before another.

    The gateway may publish the page under a path of its own, which it takes away and names in X-Forwarded-Prefix; it
    has looked at the client's Host and Origin by then.

    Answers 421 to a Host that is not loopback (a name that an attacker's DNS turned to 127.0.0.1), 403 to another
    site's Origin, 404 to a route that the page does not use, and 413 to a body over the limit.

    app    the application behind it
    port   where it listens
    limit  bytes that a request's body may have
    """

    def __init__(self, app: App, port: int, limit: int) -> None:
        self._app = app
        self._hosts = {f"{name}:{port}" for name in ("127.0.0.1", "localhost")}
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        started = False

        async def headed(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message = {**message, "headers": [*message.get("headers", []), *_HEADERS]}
            await send(message)

        try:
            self._check(scope)
            if (b"x-forwarded-prefix", _PUBLISHED) in scope["headers"]:
                scope = {**scope, "root_path": _PUBLISHED.decode()}
            await self._app(scope, self._limited(receive), headed)
        except Refused as refused:
            if started:
                raise
            await _refuse(send, refused)

    def _check(self, scope: Scope) -> None:
        if scope["type"] != "http":
            raise Refused(404, "only HTTP is spoken here")
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        host, origin = headers.get("host", ""), headers.get("origin")
        if host not in self._hosts:
            raise Refused(421, f"this page is at {sorted(self._hosts)[0]} only")
        if origin is not None and origin not in {f"http://{host}" for host in self._hosts}:
            raise Refused(403, "another site's page has no business here")
        route = _ROUTES.get(scope["method"])
        if not (route and route.fullmatch(scope["path"])) or ".." in scope["path"]:
            raise Refused(404, "the page does not use this")
        if int(headers.get("content-length") or 0) > self._limit:
            raise Refused(413, f"send at most {self._limit} bytes")

    def _limited(self, receive: Receive) -> Receive:
        """Counts what comes, for a body sent in chunks tells no length before."""
        left = self._limit

        async def counted() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise Refused(413, f"send at most {self._limit} bytes")
            return message

        return counted


async def _refuse(send: Send, refused: Refused) -> None:
    body = f"{refused}\n".encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(body))]
    headers.append((b"connection", b"close"))  # the rest of a body that is too large is not waited for
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
