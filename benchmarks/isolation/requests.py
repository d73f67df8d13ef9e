"""Single requests at their due times, from a thread of their own."""

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
    """A request was not answered with 200."""


@dataclass(frozen=True)
class RequestLoop:
    """Connection that repeats one request."""

    url: str
    headers: Mapping[str, str]
    body: bytes

    def ask(self, connection: http.client.HTTPConnection) -> None:
        """Raises RequestError unless the answer is 200."""
        parts = urlsplit(self.url)
        connection.request("POST", f"{parts.path}?{parts.query}", self.body, dict(self.headers))
        response = connection.getresponse()
        content = response.read()
        if response.status != 200:
            raise RequestError(f"{self.url}: {response.status} {content[:200]!r}")

    def connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=_TIMEOUT)

    def in_turn(self, count: int) -> list[float]:
        """Ask so often, each time as soon as the one before is answered: seconds of each."""
        latencies = []
        with closing(self.connection()) as connection:
            for _ in range(count):
                began = time.perf_counter()
                self.ask(connection)
                latencies.append(time.perf_counter() - began)
        return latencies

    @contextmanager
    def paced(self, rate: float) -> Iterator[list[float]]:
        """Ask ``rate`` times a second while the block runs; the list gets the seconds from when each was due.

        Raises, when the block ends, what ``ask`` raised.
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
