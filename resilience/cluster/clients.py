"""Clients that send requests at their due times until the input ends, and then print the outcomes.

python -m resilience.cluster.clients HOST:PORT AUTHORITY SAMPLES PACES, with PACES {group: [connections, rate]} in JSON,
reads a key from its first line of input, and prints "began" when its connections are open. At the end it prints
{group: [[due, seconds, outcome]...]}: the monotonic due time, the seconds from then, and "" for the right answer.
429 or 503 with Retry-After is a refusal. With a rate, requests are due at fixed times, as from many users: one that
waits does not delay the others. With rate 0, the next request of a connection is due when it has its answer.
"""

import http.client
import itertools
import json
import select
import ssl
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

import orjson

FAILED, REFUSED, WRONG = "failed", "refused", "wrong"
UNSENT = f"{FAILED}: not sent, for every connection waits"
_REFUSALS = (429, 503)
_TIMEOUT = 30.0
_PAUSE = 0.1  # seconds until a client without an answer sends again, if there is no Retry-After
_TOLERANCE = 1e-4  # tolerance of a probability, because float32 is printed with fewer digits


class Pace(NamedTuple):
    """Number of connections, and requests per second of all together. Rate 0: as many as are answered."""

    connections: int
    rate: float


STEADY = Pace(32, 100.0)  # 32 requests can wait at once without a delay of the next
CROWD = Pace(64, 0.0)


class Group(StrEnum):
    """Predictions over open connections, predictions over new connections, explanations, loads of the playground."""

    PREDICTIONS = "predictions"
    NEWCOMERS = "newcomers"
    EXPLANATIONS = "explanations"
    VISITORS = "visitors"


class RequestSample(NamedTuple):
    """Body in hexadecimal (784 bytes or an image file), and the ten probabilities of the right answer."""

    pixels: str
    probabilities: Sequence[float]

    @property
    def digit(self) -> int:
        return self.probabilities.index(max(self.probabilities))


class Record(NamedTuple):
    due: float
    seconds: float
    outcome: str


class Schedule:
    """Times when requests are due: at a constant rate from now on, or at once if the rate is 0."""

    def __init__(self, rate: float) -> None:
        self.stopped = threading.Event()
        self.rate = rate
        self._turns, self._began = itertools.count(), time.monotonic()

    def take(self) -> tuple[int, float]:
        """Return the number and the due time of the next request. Wait until it is due."""
        turn = next(self._turns)
        due = self._began + turn / self.rate if self.rate else time.monotonic()
        self.stopped.wait(max(0.0, due - time.monotonic()))
        return turn, due


class LoadClient:
    """One connection that stays open, and the outcomes of its requests. Raises OSError if it cannot connect."""

    def __init__(self, address: str, tls: ssl.SSLContext, key: str, samples: Sequence[RequestSample]) -> None:
        self.records: list[Record] = []
        self._connection = http.client.HTTPSConnection(address, timeout=_TIMEOUT, context=tls)
        self._headers = {"Content-Type": "application/octet-stream", "Authorization": f"Bearer {key}"}
        self._samples = samples
        self._connection.connect()

    def ask(self, schedule: Schedule) -> None:
        """Send the due requests, one at a time."""
        while True:
            turn, due = schedule.take()
            if schedule.stopped.is_set():
                break
            outcome = self._outcome(self._samples[turn % len(self._samples)])
            self.records.append(Record(due, time.monotonic() - due, outcome))
            if outcome and not schedule.rate:
                schedule.stopped.wait(_PAUSE)
        self._connection.close()

    def _outcome(self, sample: RequestSample) -> str:
        self._drop_if_ended()
        try:
            response = self._response(sample)
            content = response.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            return f"{FAILED}: {error!r}"
        if response.status != http.client.OK:
            refused = response.status in _REFUSALS and response.getheader("Retry-After")
            return f"{REFUSED if refused else FAILED}: {response.status} {content[:200]!r}"
        return "" if self._is_right(content, sample) else f"{WRONG}: {content[:200]!r}"

    def _response(self, sample: RequestSample, path: str = "/predictions/digits") -> http.client.HTTPResponse:
        self._connection.request("POST", path, bytes.fromhex(sample.pixels), self._headers)
        return self._connection.getresponse()

    def _is_right(self, content: bytes, sample: RequestSample) -> bool:
        answer = orjson.loads(content)
        pairs = zip(answer["probabilities"], sample.probabilities, strict=True)
        near = all(abs(actual - expected) <= _TOLERANCE for actual, expected in pairs)
        return near and answer["digit"] == sample.digit

    def _drop_if_ended(self) -> None:
        """Drop a connection that the other side has closed, as every client with a connection pool does."""
        connection = self._connection.sock
        if connection and select.select([connection], [], [], 0)[0]:
            self._connection.close()


class Newcomer(LoadClient):
    """Client with a new connection for each request."""

    def _outcome(self, sample: RequestSample) -> str:
        outcome = super()._outcome(sample)
        self._connection.close()
        return outcome


class ExplanationClient(LoadClient):
    """Client that requests explanations."""

    def _response(self, sample: RequestSample, path: str = "/explanations/digits") -> http.client.HTTPResponse:
        return super()._response(sample, path)

    def _is_right(self, content: bytes, sample: RequestSample) -> bool:
        answer = orjson.loads(content)
        near = abs(answer["probability"] - max(sample.probabilities)) <= _TOLERANCE
        return bool(near and answer["digit"] == sample.digit)


class Visitor(LoadClient):
    """Browser that loads the page of the playground."""

    def _response(self, sample: RequestSample, path: str = "/playground/") -> http.client.HTTPResponse:
        self._connection.request("GET", path, headers={"Host": "localhost"})
        return self._connection.getresponse()

    def _is_right(self, content: bytes, sample: RequestSample) -> bool:
        return b"<html" in content


_CLIENTS = {
    Group.PREDICTIONS: LoadClient,
    Group.NEWCOMERS: Newcomer,
    Group.EXPLANATIONS: ExplanationClient,
    Group.VISITORS: Visitor,
}


class Crowd:
    """Clients of one group, each with its own thread."""

    def __init__(self, clients: Sequence[LoadClient], rate: float) -> None:
        self._clients, self._schedule = clients, Schedule(rate)
        self._threads = [threading.Thread(target=client.ask, args=(self._schedule,), daemon=True) for client in clients]
        for thread in self._threads:
            thread.start()

    def stop(self) -> list[Record]:
        """Wait for the requests in progress. Return the outcomes of all requests that were due."""
        self._schedule.stopped.set()
        unsent = list(self._unsent(time.monotonic()))
        for thread in self._threads:
            thread.join()
        return sorted(unsent + [record for client in self._clients for record in client.records])

    def _unsent(self, now: float) -> Iterator[Record]:
        """Yield requests that were due while every connection waited for an answer."""
        while (due := self._schedule.take()[1]) < now:
            yield Record(due, now - due, UNSENT)


def main() -> None:
    address, authority, file, paces = sys.argv[1:]
    samples = [RequestSample(*sample) for sample in json.loads(Path(file).read_text())]
    key, tls = sys.stdin.readline().strip(), ssl.create_default_context(cafile=authority)
    crowds = {
        group: Crowd([_CLIENTS[Group(group)](address, tls, key, samples) for _ in range(connections)], rate)
        for group, (connections, rate) in json.loads(paces).items()
    }
    print("began", flush=True)
    sys.stdin.read()
    print(json.dumps({group: crowd.stop() for group, crowd in crowds.items()}))


if __name__ == "__main__":
    main()
