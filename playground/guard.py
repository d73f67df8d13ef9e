"""Protection against pages of other sites."""

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
    """ASGI middleware that answers only the page of this machine, and lets the page load only its own files.

    Answers 421 to a Host that is not loopback, such as a name that an attacker's DNS resolves to 127.0.0.1. Answers 403
    to the Origin of another site. A gateway that publishes the page checks both headers, and does not forward them.

    app   wrapped application
    port  port of the page
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
