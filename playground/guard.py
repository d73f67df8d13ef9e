"""Protection from other sites' pages."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


class Guard:
    """ASGI middleware that answers this machine's own page only, and lets that load from here only.

    Answers 421 to a Host that is not loopback (a name that an attacker's DNS resolved to 127.0.0.1), and 403 to another
    site's Origin. The gateway, where it publishes the page, has checked both and sends none of them on.

    app   the application behind it
    port  where it listens
    """

    def __init__(self, app: ASGIApp, port: int) -> None:
        self._app = app
        self._hosts = [f"{name}:{port}" for name in ("127.0.0.1", "localhost")]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        app = self._refusal(Headers(scope=scope)) or self._app
        await app(scope, receive, send_with_headers)

    def _refusal(self, headers: Headers) -> ASGIApp | None:
        if headers.get("host") not in self._hosts:
            return PlainTextResponse(f"this page is at {self._hosts[0]} only\n", 421)
        if headers.get("origin") not in (None, *(f"http://{host}" for host in self._hosts)):
            return PlainTextResponse("requests of another site's page are refused\n", 403)
        return None
