"""HTTP answers of the guard, in place of Gradio's."""

from playground.asgi import Send


class Rejection(Exception):  # noqa: N818 - an HTTP answer, as playground.refusal has the page's
    """A request that never reaches Gradio.

    status       of the HTTP answer
    retry_after  seconds, for a 503
    """

    def __init__(self, status: int, why: str, retry_after: int | None = None) -> None:
        super().__init__(why)
        self.status = status
        self.retry_after = retry_after

    async def answer(self, send: Send) -> None:
        """Send the reason as text, and end the connection: the rest of a body is not received."""
        body = f"{self}\n".encode()
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(body))]
        headers.append((b"connection", b"close"))
        if self.retry_after is not None:
            headers.append((b"retry-after", b"%d" % self.retry_after))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
