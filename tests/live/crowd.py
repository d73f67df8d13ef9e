"""Clients that send requests in a loop on persistent connections, and count answers by version."""

import http.client
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import orjson

from serving.torchserve import keys
from serving.torchserve.server import Server

RIGHT = 7
_TIMEOUT = 30.0


@contextmanager
def crowd(running: Server, image: bytes, clients: int = 64, pause: float = 0.0) -> Iterator[Counter[str]]:
    """Send ``image``, a 7, to TorchServe itself by this many clients until the block ends."""
    address = running.inference.removeprefix("http://")
    headers = keys.read(running.directory).inference.header
    with asking(
        lambda: http.client.HTTPConnection(address, timeout=_TIMEOUT), headers, image, clients, pause
    ) as counted:
        yield counted


@contextmanager
def asking(
    connected: Callable[[], http.client.HTTPConnection],
    headers: Mapping[str, str],
    image: bytes,
    clients: int,
    pause: float = 0.0,
) -> Iterator[Counter[str]]:
    """Yield counts of answers: ``1.0`` for right answers of version 1.0, other results by their text.

    pause  seconds that each client waits after an answer
    """
    counted: Counter[str] = Counter()
    over, lock = threading.Event(), threading.Lock()
    sent = {**headers, "Content-Type": "application/octet-stream"}

    def client() -> None:
        connection = connected()
        while not over.is_set():
            try:
                connection.request("POST", "/predictions/digits", image, sent)
                response = connection.getresponse()
                answer = _named(response.status, response.read())
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                answer = repr(error)
            with lock:
                counted[answer] += 1
            over.wait(pause)
        connection.close()

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield counted
    finally:
        over.set()
        for thread in threads:
            thread.join()


def _named(status: int, body: bytes) -> str:
    if status != http.client.OK:
        return f"{status} {body[:200]!r}"
    answer = orjson.loads(body)
    version: str = answer["model"]["version"]
    return version if answer["digit"] == RIGHT else f"wrong: {body[:80]!r}"
