"""Account of usage: requests, examples, errors and bytes of each client, model and day, in a database.

HAProxy's counters only grow, and the account stores their last values. So a second reading, also by another supervisor,
adds nothing. If HAProxy is killed, its counts since the last sample are lost.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, Self

from inference import files
from serving.errors import UserError
from serving.gateway.clients import Client

FILE = "usage.db"
_TIMEOUT = 5.0  # seconds to wait for a lock of another process
_TABLES = """
create table if not exists usage(day text, client text, model text, requests int, rows int, errors int, bytes_in int,
    bytes_out int, primary key (day, client, model));
create table if not exists accepted(day text, client text, requests int, primary key (day, client));
create table if not exists seen(process text, key text, requests int, rows int, bytes_in int, bytes_out int,
    primary key (process, key));
"""
_ADD = """
insert into usage values (?, ?, ?, ?, ?, ?, ?, ?) on conflict do update set requests = requests + excluded.requests,
    rows = rows + excluded.rows, errors = errors + excluded.errors, bytes_in = bytes_in + excluded.bytes_in,
    bytes_out = bytes_out + excluded.bytes_out
"""
_ACCEPT = "insert into accepted values (?, ?, ?) on conflict do update set requests = requests + excluded.requests"
_SEEN = "select key, requests, rows, bytes_in, bytes_out from seen"
_SEE = "replace into seen values (?, ?, ?, ?, ?, ?)"
_USED = "select coalesce(sum(requests), 0) from accepted where client = ? and day like ?"

_WRAP = 1 << 32  # counters of HAProxy's tables wrap around here

Pair = tuple[str, str]  # client and model
Source = tuple[str, str, str]  # client, model, and the name of the counter
Row = tuple[int, int, int, int]  # requests, examples, bytes in, bytes out
_NONE: Row = (0, 0, 0, 0)


class Counts(NamedTuple):
    """Counters of one HAProxy since its start.

    answered  requests with status 200; several counters may count the same client and model
    accepted  client -> requests that count against its quotas
    """

    answered: Mapping[Source, Row]
    accepted: Mapping[str, int]


class Usage(NamedTuple):
    """Row of the account. ``requests`` includes errors; rows and bytes do not."""

    day: str
    client: str
    model: str
    requests: int
    rows: int
    errors: int
    bytes_in: int
    bytes_out: int


@dataclass(frozen=True)
class Account:
    """Database in a gateway's folder. On sqlite3.Error, for example on a full disk, a method has changed nothing."""

    path: Path

    @classmethod
    def of(cls, folder: Path) -> Self:
        return cls(folder / FILE)

    def add(self, process: str, counts: Counts) -> None:
        """Add the increase of a process's counters since the last call to today's usage."""
        day = today()
        with self._open() as database:
            database.execute("delete from seen where process != ?", [process])
            seen: dict[str, Row] = {key: tuple(row) for key, *row in database.execute(_SEEN)}
            for (client, model, counter), now in counts.answered.items():
                key = f"{client};{model};{counter}"
                if now != (before := seen.get(key, _NONE)):
                    requests, rows, received, sent = ((new - old) % _WRAP for new, old in zip(now, before, strict=True))
                    database.execute(_ADD, [day, client, model, requests, rows, 0, received, sent])
                    database.execute(_SEE, [process, key, *now])
            for client, count in counts.accepted.items():
                if count != (before := seen.get(client, _NONE))[0]:
                    database.execute(_ACCEPT, [day, client, count - before[0]])
                    database.execute(_SEE, [process, client, count, 0, 0, 0])

    def fail(self, errors: Mapping[Pair, int]) -> None:
        """Add errors to today's usage."""
        if errors:
            day = today()
            with self._open() as database:
                for (client, model), count in errors.items():
                    database.execute(_ADD, [day, client, model, count, 0, count, 0, 0])

    def limits(self, known: Iterable[Client]) -> dict[str, str]:
        """Return the counts up to which the last process may accept requests: client with quotas -> day;month."""
        day, limits = today(), {}
        with self._open() as database:
            seen = {key: requests for key, requests, *_ in database.execute(_SEEN)}
            for client in known:
                if client.per_day or client.per_month:
                    patterns = day, f"{day[:7]}%"
                    used = [database.execute(_USED, [client.name, pattern]).fetchone()[0] for pattern in patterns]
                    now = seen.get(client.name, 0)
                    limits[client.name] = f"{now + client.per_day - used[0]};{now + client.per_month - used[1]}"
        return limits

    def lines(self) -> list[Usage]:
        """Return the rows of the account, the oldest day first; empty if nothing was counted yet. Raises UserError."""
        if not self.path.exists():
            return []
        try:
            with self._open() as database:
                return [Usage(*row) for row in database.execute("select * from usage order by day, client, model")]
        except sqlite3.Error as error:
            raise UserError(f"{self.path} cannot be read ({error}): restore it, or move it away") from error

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        self.path.touch(files.PRIVATE)
        database = sqlite3.connect(self.path, timeout=_TIMEOUT)
        try:
            database.execute("pragma journal_mode = wal")
            database.execute("pragma synchronous = normal")
            database.executescript(_TABLES)
            with database:
                yield database
        finally:
            database.close()


def today() -> str:
    """Return the current date in UTC, such as 2026-01-31."""
    return datetime.now(UTC).date().isoformat()
