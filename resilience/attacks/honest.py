"""The process of honest clients, which check every answer.

python -m resilience.attacks.honest HOST:PORT AUTHORITY SAMPLES GROUP... reads a key from its first line of input,
prints "began" when its connections are open, and at the end of its input {group: [[due, seconds, outcome]...]}, as
benchmarks.cluster.clients has them.
"""

import http.client
import json
import ssl
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path

import orjson

from benchmarks.cluster.clients import FAILED, REFUSED, WRONG, Client, Pace, Record, Sample, Schedule

_PATH = "/explanations/digits"
_TOLERANCE = 1e-4  # of a probability
_REFUSALS = (429, 503)


class Group(StrEnum):
    """Predictions over open connections, predictions over a new connection each, and explanations."""

    PREDICTIONS, NEWCOMERS, EXPLANATIONS = "predictions", "newcomers", "explanations"


PACES = {Group.PREDICTIONS: Pace(8, 100.0), Group.NEWCOMERS: Pace(4, 20.0), Group.EXPLANATIONS: Pace(2, 5.0)}


class Newcomer(Client):
    """A client with a new connection for each request."""

    def _outcome(self, sample: Sample) -> str:
        outcome = super()._outcome(sample)
        self._connection.close()
        return outcome


class ExplanationClient(Client):
    """A client of explanations."""

    def _outcome(self, sample: Sample) -> str:
        self._drop_if_ended()
        try:
            self._connection.request("POST", _PATH, bytes.fromhex(sample.pixels), self._headers)
            response = self._connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            return f"{FAILED}: {error!r}"
        if response.status != http.client.OK:
            refused = response.status in _REFUSALS and response.getheader("Retry-After")
            return f"{REFUSED if refused else FAILED}: {response.status} {content[:200]!r}"
        return "" if _explains(content, sample) else f"{WRONG}: {content[:200]!r}"


_CLIENTS = {Group.PREDICTIONS: Client, Group.NEWCOMERS: Newcomer, Group.EXPLANATIONS: ExplanationClient}


class Crowd:
    """The clients of one group, each with a thread."""

    def __init__(self, group: Group, address: str, tls: ssl.SSLContext, key: str, samples: Sequence[Sample]) -> None:
        pace = PACES[group]
        self._clients = [_CLIENTS[group](address, tls, key, samples) for _ in range(pace.connections)]
        self._schedule = Schedule(pace.rate)
        self._threads = [
            threading.Thread(target=client.ask, args=(self._schedule,), daemon=True) for client in self._clients
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> list[Record]:
        """Wait for the requests that are under way; return the outcome of all that were due."""
        self._schedule.stopped.set()
        unsent = list(self._unsent(time.monotonic()))
        for thread in self._threads:
            thread.join()
        return sorted(unsent + [record for client in self._clients for record in client.records])

    def _unsent(self, now: float) -> Iterator[Record]:
        """Requests that were due while every connection waited for an answer."""
        while (due := self._schedule.take()[1]) < now:
            yield Record(due, now - due, f"{FAILED}: not sent, for every connection waits")


def main() -> None:
    address, authority, file, *groups = sys.argv[1:]
    samples = [Sample(*sample) for sample in json.loads(Path(file).read_text())]
    key, tls = sys.stdin.readline().strip(), ssl.create_default_context(cafile=authority)
    crowds = {group: Crowd(Group(group), address, tls, key, samples) for group in groups}
    print("began", flush=True)
    sys.stdin.read()
    print(json.dumps({group: crowd.stop() for group, crowd in crowds.items()}))


def _explains(content: bytes, sample: Sample) -> bool:
    answer = orjson.loads(content)
    best = max(sample.probabilities)
    return bool(answer["digit"] == sample.probabilities.index(best) and abs(answer["probability"] - best) <= _TOLERANCE)


if __name__ == "__main__":
    main()
