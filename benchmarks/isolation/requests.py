"""Single requests at fixed times, from a separate thread."""

import http.client
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from benchmarks.background import background
from serving.errors import UserError

_TIMEOUT = 60.0


class RequestError(UserError):
    """Error: the status of an answer was not 200."""


@dataclass(frozen=True)
class RequestLoop:
    """Connection that repeats one request."""

    url: str
    headers: Mapping[str, str]
    body: bytes

    def ask(self, connection: http.client.HTTPConnection) -> None:
        """Send the request once. Raises RequestError if the status of the answer is not 200."""
        parts = urlsplit(self.url)
        connection.request("POST", f"{parts.path}?{parts.query}", self.body, dict(self.headers))
        response = connection.getresponse()
        content = response.read()
        if response.status != 200:
            raise RequestError(f"{self.url}: {response.status} {content[:200]!r}")

    def connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=_TIMEOUT)

    def in_turn(self, count: int) -> list[float]:
        """Send ``count`` requests, each after the answer to the one before. Return their latencies in seconds."""
        latencies = []
        with closing(self.connection()) as connection:
            for _ in range(count):
                began = time.perf_counter()
                self.ask(connection)
                latencies.append(time.perf_counter() - began)
        return latencies

    @contextmanager
    def paced(self, rate: float) -> Iterator[list[float]]:
        """Send ``rate`` requests per second while the block runs. Yield a list of latencies in seconds.

        Latencies count from the time at which a request was due. Errors of ``ask`` are raised after the block.
        """
        latencies: list[float] = []

        def pace(over: threading.Event) -> None:
            due = time.perf_counter()
            with closing(self.connection()) as connection:
                while not over.wait(max(0.0, due - time.perf_counter())):
                    self.ask(connection)
                    latencies.append(time.perf_counter() - due)
                    due += 1.0 / rate

        with background(pace):
            yield latencies
