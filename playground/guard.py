"""The ASGI application before Gradio: it passes on what this page needs, and nothing else."""

import re

from playground import limits
from playground.asgi import App, Message, Receive, Scope, Send
from playground.post_limiter import PostLimiter
from playground.rejection import Rejection

# Gradio brings a proxy, uploads, a file server and more; the page uses none of them, so they are closed.
_ROUTES = {
    "GET": re.compile(r"/|/assets/[\w.-]+|/static/[\w./-]+|/theme\.css|/favicon\.ico"),
    "POST": re.compile(r"/gradio_api/component_server/?"),
}
_ROUTES["HEAD"] = _ROUTES["GET"]
# Gradio holds a connection open for each, to end a session's state; the page has none, and its scripts ask for none.
_HEARTBEAT = re.compile(r"/gradio_api/heartbeat/\w+")
# Of a client's headers only these reach Gradio: X-Forwarded-Host and X-Gradio-Server would get into the page's root.
_PASSED = (b"host", b"content-type", b"content-length", b"accept-encoding", b"if-none-match", b"if-modified-since")
_PUBLISHED = b"/playground"  # where serving/gateway/haproxy.cfg has the page
_NO_HOST = (b"x-gradio-server", b"/")  # Gradio then makes the page's root of the path alone
# A second wall: whatever Gradio's scripts would fetch, the browser may ask only this server. They compile templates,
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


class Guard:
    """An ASGI application before another.

    The gateway may publish the page under a path of its own, which it takes away and names in X-Forwarded-Prefix; it
    has checked the client's Host and Origin by then.

    Answers 421 to a Host that is not loopback (a name that an attacker's DNS resolved to 127.0.0.1), 403 to another
    site's Origin, 404 to a route that the page does not use, 413 to a body over the limit, 415 to a POST that is not
    JSON, and what PostLimiter raises. Answers a heartbeat with 204, at once.

    app   the application behind it
    port  where it listens
    """

    def __init__(self, app: App, port: int) -> None:
        self._app = app
        self._posts = PostLimiter(app)
        self._hosts = {f"{name}:{port}" for name in ("127.0.0.1", "localhost")}

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
            if _HEARTBEAT.fullmatch(scope["path"]):
                await _no_content(headed)
                return
            app = self._posts if scope["method"] == "POST" else self._app
            await app(_cleaned(scope), receive, headed)
        except Rejection as rejection:
            if started:
                raise
            await rejection.answer(send)

    def _check(self, scope: Scope) -> None:
        if scope["type"] != "http":
            raise Rejection(404, "only HTTP is spoken here")
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        host, origin = headers.get("host", ""), headers.get("origin")
        if host not in self._hosts:
            raise Rejection(421, f"this page is at {sorted(self._hosts)[0]} only")
        if origin is not None and origin not in {f"http://{host}" for host in self._hosts}:
            raise Rejection(403, "another site's page has no business here")
        if not _is_used(scope["method"], scope["path"]):
            raise Rejection(404, "the page does not use this")
        if int(headers.get("content-length") or 0) > limits.BODY_BYTES:
            raise Rejection(413, f"send at most {limits.BODY_BYTES} bytes")
        if scope["method"] == "POST" and headers.get("content-type", "").partition(";")[0] != "application/json":
            raise Rejection(415, "send JSON")  # Gradio would write a form's files to disk


def _is_used(method: str, path: str) -> bool:
    if method == "GET" and _HEARTBEAT.fullmatch(path):
        return True
    route = _ROUTES.get(method)
    return route is not None and route.fullmatch(path) is not None and ".." not in path


def _cleaned(scope: Scope) -> Scope:
    """Return the request without what a client could lead Gradio astray with: a query, and headers it knows."""
    published = (b"x-forwarded-prefix", _PUBLISHED) in scope["headers"]
    headers = [(name, value) for name, value in scope["headers"] if name in _PASSED]
    cleaned = {**scope, "headers": headers, "query_string": b""}
    if published:
        cleaned |= {"root_path": _PUBLISHED.decode(), "headers": [*headers, _NO_HOST]}
    return cleaned


async def _no_content(send: Send) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})
