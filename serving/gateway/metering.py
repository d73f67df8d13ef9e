"""Metering: from HAProxy's counters to usage and remaining quotas.

A table of haproxy.cfg and serving/gateway/usage.lua count answered requests. Errors are counted from log lines.
"""

import re
import time
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from serving.gateway import clients
from serving.gateway.usage import Account, Counts, Pair, Row, Source, today

if TYPE_CHECKING:
    from serving.gateway.gateway import Gateway

NO_MODEL = "-"  # of a path that names none that is served
_PERIOD = 0.5  # seconds between two looks
_MODEL = re.compile(r"/(?:predictions|explanations|v[12]/models)/([\w.-]+)")
_ENTRY = re.compile(r'"client":"([^"]+)".*?"method":"([^"]*)","path":"([^"]*)","status":(\d+)')
_ASKING = ("POST", "PUT")  # methods of requests to a model
_TABLE = re.compile(r"key=([^; ]+);([^ ]+) .*gpt0=(\d+) gpt1=(\d+) gpt2=(\d+) gpc0=(\d+)")
_ERROR, _NOT_FOUND = 400, 404


class Meter:
    """Meter that copies a gateway's counters to the account in its folder."""

    def __init__(self, gateway: "Gateway") -> None:
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


def errors(lines: Iterable[str]) -> Counter[Pair]:
    """Count the errors in HAProxy's log lines by client and model.

    Unknown paths are counted under NO_MODEL. So are requests for metadata: they may be refused before their model is
    checked, so the client may have invented its name.
    """
    counts: Counter[Pair] = Counter()
    for line in lines:
        entry = _ENTRY.search(line)
        if entry and int(entry[4]) >= _ERROR and entry[1] != "-":
            named = entry[2] in _ASKING and int(entry[4]) != _NOT_FOUND
            model = _MODEL.match(entry[3].replace("\\/", "/")) if named else None
            counts[entry[1], model[1] if model else NO_MODEL] += 1
    return counts
