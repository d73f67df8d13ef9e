"""The account of usage: requests, examples, errors and bytes of each client, model and day, in a database.

HAProxy's counts only grow, and the account remembers which it has: what is read twice, or by another supervisor, adds
nothing. What a HAProxy that is killed had counted since the last look is lost.
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
_TIMEOUT = 5.0  # seconds that another process may hold the database
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

_WRAP = 1 << 32  # where counts of HAProxy's tables begin again

Pair = tuple[str, str]  # client and model
Source = tuple[str, str, str]  # client, model, and the name of the counter
Row = tuple[int, int, int, int]  # requests, examples, bytes in, bytes out
_NONE: Row = (0, 0, 0, 0)


class Counts(NamedTuple):
    """Counts of one HAProxy since it began.

    answered  requests with status 200; several counters count those of a client and model
    accepted  client -> requests that count against its quotas
    """

    answered: Mapping[Source, Row]
    accepted: Mapping[str, int]


class Usage(NamedTuple):
    """A line of the account. Requests have the errors in them, rows and bytes have not."""

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
    """The database in a gateway's folder. Methods raise sqlite3.Error, as on a full disk, and change nothing then."""

    path: Path

    @classmethod
    def of(cls, folder: Path) -> Self:
        return cls(folder / FILE)

    def add(self, process: str, counts: Counts) -> None:
        """Add what a process has counted since the last time to this day."""
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
        """Add errors to this day."""
        if errors:
            day = today()
            with self._open() as database:
                for (client, model), count in errors.items():
                    database.execute(_ADD, [day, client, model, count, 0, count, 0, 0])

    def limits(self, known: Iterable[Client]) -> dict[str, str]:
        """Return how many requests of each client that has quotas the last process may accept in all: day;month."""
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
        """Return the account, the oldest day first; empty if nothing was counted yet. Raises UserError."""
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
    """Return this day in UTC, as 2026-01-31."""
    return datetime.now(UTC).date().isoformat()
