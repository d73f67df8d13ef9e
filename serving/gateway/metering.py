"""Metering: from HAProxy's counters to usage and remaining quotas.

A table of haproxy.cfg and serving/gateway/usage.lua count what is answered; ``entries.errors`` counts errors.
"""

import re
import time

from serving.gateway import clients
from serving.gateway.gateway import Gateway
from serving.gateway.usage import Account, Counts, Row, Source, today

_PERIOD = 0.5  # seconds between two samples
_TABLE = re.compile(r"key=([^; ]+);([^ ]+) .*gpt0=(\d+) gpt1=(\d+) gpt2=(\d+) gpc0=(\d+)")


class Meter:
    """Meter that copies a gateway's counters to the account in its folder."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._account = Account.of(gateway.directory)
        self._seen: tuple[object, ...] = ()
        self._limits: dict[str, str] = {}
        self._next = 0.0

    def sample(self, now: bool = False) -> None:
        """Save the counters if half a second has passed since the last time, or if ``now`` is true.

        Raises GatewayError, sqlite3.Error, and ValueError for an unreadable file of clients.
        """
        if not now and time.monotonic() < self._next:
            return
        self._next = time.monotonic() + _PERIOD
        text, file = self._gateway.command("show table usage; show usage"), self._gateway.clients
        seen = text, today(), file.stat().st_mtime_ns if file.exists() else 0
        if seen == self._seen:
            return
        self._account.add(str(self._gateway.socket), counts(text))
        limits = self._account.limits(clients.read(file).values())
        if limits != self._limits:
            self._gateway.quotas(limits)
        self._seen, self._limits = seen, limits


def counts(text: str) -> Counts:
    """Parse the answer to ``show table usage; show usage``."""
    answered: dict[Source, Row] = {}
    accepted = {}
    for line in text.splitlines():
        kind, _, rest = line.partition(";")
        if kind == "answered":
            client, model, *numbers = rest.split(";")
            requests, rows, received, sent = map(int, numbers)
            answered[client, model, "lua"] = requests, rows, received, sent
        elif kind == "accepted":
            client, _, count = rest.partition(";")
            accepted[client] = int(count)
        elif entry := _TABLE.search(line):
            more, received, sent, requests = map(int, entry.groups()[2:])
            answered[entry[1], entry[2], "table"] = requests, requests + more, received, sent
    return Counts(answered, accepted)
