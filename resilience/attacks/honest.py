"""The process of honest clients, which check every answer.

python -m resilience.attacks.honest HOST:PORT AUTHORITY SAMPLES GROUP... reads a key from its first line of input,
prints "began" when its connections are open, and at the end of its input {group: [[due, seconds, outcome]...]}, as
resilience.cluster.clients has them.
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

from resilience.attacks.attack import ClientAttack
from resilience.cluster.clients import FAILED, REFUSED, WRONG, LoadClient, Pace, Record, RequestSample, Schedule

_TOLERANCE = 1e-4  # of a probability
_REFUSALS = (429, 503)
UNSENT = f"{FAILED}: not sent, for every connection waits"


class Group(StrEnum):
    """Predictions over open connections, predictions over new connections, explanations, visits of the playground."""

    PREDICTIONS = "predictions"
    NEWCOMERS = "newcomers"
    EXPLANATIONS = "explanations"
    VISITORS = "visitors"


PACES = {
    Group.PREDICTIONS: Pace(8, 100.0),
    Group.NEWCOMERS: Pace(4, 20.0),
    Group.EXPLANATIONS: Pace(2, 5.0),
    Group.VISITORS: Pace(2, 5.0),
}


class Newcomer(LoadClient):
    """A client with a new connection for each request."""

    def _outcome(self, sample: RequestSample) -> str:
        outcome = super()._outcome(sample)
        self._connection.close()
        return outcome


class ExplanationClient(LoadClient):
    """A client of explanations."""

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

    def _response(self, sample: RequestSample) -> http.client.HTTPResponse:
        self._connection.request("POST", "/explanations/digits", bytes.fromhex(sample.pixels), self._headers)
        return self._connection.getresponse()

    def _is_right(self, content: bytes, sample: RequestSample) -> bool:
        answer, best = orjson.loads(content), max(sample.probabilities)
        near = abs(answer["probability"] - best) <= _TOLERANCE
        return bool(near and answer["digit"] == sample.probabilities.index(best))


class Visitor(ExplanationClient):
    """A browser that loads the playground's page."""

    def _response(self, _: RequestSample) -> http.client.HTTPResponse:
        self._connection.request("GET", "/playground/", headers={"Host": "localhost"})
        return self._connection.getresponse()

    def _is_right(self, content: bytes, _: RequestSample) -> bool:
        return b"<html" in content


_CLIENTS = {
    Group.PREDICTIONS: LoadClient,
    Group.NEWCOMERS: Newcomer,
    Group.EXPLANATIONS: ExplanationClient,
    Group.VISITORS: Visitor,
}


def groups(attack: ClientAttack) -> list[Group]:
    """Return the groups that an attack may hurt."""
    others = [Group.EXPLANATIONS] * attack.explains + [Group.VISITORS] * attack.playground
    return [Group.PREDICTIONS, Group.NEWCOMERS, *others]


class Crowd:
    """The clients of one group, each with a thread."""

    def __init__(
        self, group: Group, address: str, tls: ssl.SSLContext, key: str, samples: Sequence[RequestSample]
    ) -> None:
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
            yield Record(due, now - due, UNSENT)


def main() -> None:
    address, authority, file, *names = sys.argv[1:]
    samples = [RequestSample(*sample) for sample in json.loads(Path(file).read_text())]
    key, tls = sys.stdin.readline().strip(), ssl.create_default_context(cafile=authority)
    crowds = {name: Crowd(Group(name), address, tls, key, samples) for name in names}
    print("began", flush=True)
    sys.stdin.read()
    print(json.dumps({name: crowd.stop() for name, crowd in crowds.items()}))


if __name__ == "__main__":
    main()
