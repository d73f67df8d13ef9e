"""Clients that send requests at a steady rate and count the results, while a test changes the server."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

_RATE = 200.0  # requests per second of all clients at most, because servers start on the same processors
_TIMEOUT = 60.0


@dataclass
class Counters:
    """Counts of results. ``failed`` counts by reason: ``503 ServiceUnavailableException``, ``ConnectError``..."""

    sent: int = 0
    right: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)  # seconds, of right answers
    answered_at: float = 0.0  # time.monotonic() of the last right answer
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self) -> None:
        with self._lock:
            self.sent += 1

    def end(self, failure: str, seconds: float) -> None:
        with self._lock:
            if failure:
                self.failed[failure] += 1
            else:
                self.right += 1
                self.latencies.append(seconds)
                self.answered_at = time.monotonic()


@contextmanager
def load(
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    clients: int = 8,
    transport: Callable[[], httpx.BaseTransport] = httpx.HTTPTransport,
) -> Iterator[Counters]:
    """Send ``body``, a 7, in a loop by this many clients on persistent connections, until the block ends.

    headers    may be changed meanwhile
    transport  makes the HTTP transport of a client: its trusted certificates, or its socket
    """
    counters, over = Counters(), threading.Event()

    def ask(http: httpx.Client) -> str:
        try:
            response = http.post(url, content=body, headers=dict(headers))
            if response.status_code == httpx.codes.OK:
                return "" if response.json()["digit"] == 7 else f"wrong: {response.text[:80]}"
            return f"{response.status_code} {response.json()['type']}"
        except httpx.TransportError as error:
            return type(error).__name__

    def client() -> None:
        with httpx.Client(timeout=_TIMEOUT, transport=transport()) as http:
            while not over.is_set():
                counters.begin()
                start = time.monotonic()
                failure = ask(http)
                counters.end(failure, time.monotonic() - start)
                over.wait(clients / _RATE)

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield counters
    finally:
        over.set()
        for thread in threads:
            thread.join()
