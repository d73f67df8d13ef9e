"""Counts of the requests that no rule of the gateway holds."""

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple


class Inside(NamedTuple):
    """Numbers of requests that no rule of the gateway holds any more: in a queue, or sent."""

    queued: int
    sent: int


def inside(rows: Iterable[Mapping[str, str]], servers: Collection[tuple[str, str]]) -> Inside:
    """Return the requests that wait for a place at these servers, and those that were sent to them.

    rows  of HAProxy's ``show stat``. It counts a request for a backend before any rule, but for a server only when no
          rule holds the request any more.
    """
    own = [row for row in rows if (row["# pxname"], row["svname"]) in servers]
    sent = sum(int(row["scur"]) for row in own if row["svname"] != "BACKEND")
    return Inside(sum(int(row["qcur"] or 0) for row in own), sent)
