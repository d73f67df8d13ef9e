"""Clients of the gateway, in a map file for HAProxy: sha256 of a key -> client.

Keys are long and random, so a plain sha256 is safe: an attacker could only guess the key itself.
"""

import hashlib
import re
import secrets
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from inference import files
from inference.files import PRIVATE
from inference.names import RULE, is_name
from serving.gateway.quotas import CONCURRENT, EXPLANATIONS, HEAVY, LIMITS, RATE, SCOPES

_DAY = 24 * 60 * 60
_NAME = re.compile(r"[A-Za-z0-9._@-]{1,64}")
_LENGTHS = (5, 6, 8)  # of the fields of an entry after name and scopes: limits, with models, with quotas
ALLOWED = "allowed.map"  # in the folder of the maps of ``routes``


@dataclass(frozen=True)
class Client:
    """Permissions of one API key.

    name          name of the client; all keys of a client share its limits
    scopes        some of SCOPES
    rate          requests per second
    expires       seconds since the epoch
    concurrent    concurrent requests of any kind
    explanations  concurrent explanations
    heavy         concurrent expensive requests: large images, and long bodies, which slow clients may send
    models        names of the allowed models; empty for all
    per_day       requests per day in UTC; 0 for no quota
    per_month     requests per month in UTC; 0 for no quota
    """

    name: str
    scopes: tuple[str, ...] = SCOPES
    rate: int = RATE
    expires: int = 0
    concurrent: int = CONCURRENT
    explanations: int = EXPLANATIONS
    heavy: int = HEAVY
    models: tuple[str, ...] = field(default=(), kw_only=True)
    per_day: int = field(default=0, kw_only=True)
    per_month: int = field(default=0, kw_only=True)

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"a client's name has 1 to 64 characters of A-Z a-z 0-9 . _ @ -, not {self.name!r}")
        if not self.scopes or set(self.scopes) - set(SCOPES):
            raise ValueError(f"scopes must be among {', '.join(SCOPES)}, not {','.join(self.scopes) or 'none'}")
        if self.rate < 1:
            raise ValueError(f"a rate is at least 1 request per second, not {self.rate}")
        for limit in ("concurrent", "explanations", "heavy"):
            if getattr(self, limit) < 1:
                raise ValueError(f"{limit} is at least 1 request at once, not {getattr(self, limit)}")
        if min(self.per_day, self.per_month) < 0:
            raise ValueError(f"a quota is at least 0 requests, not {min(self.per_day, self.per_month)}")
        if wrong := [model for model in self.models if not is_name(model)]:
            raise ValueError(f"a model's name is {RULE}, not {wrong[0]!r}")

    @property
    def expired(self) -> bool:
        return self.expires <= time.time()

    @property
    def entry(self) -> str:
        """Return the value of this key in the map."""
        limits = (self.rate, self.expires, self.concurrent, self.explanations, self.heavy)
        fields = [self.name, ",".join(self.scopes), *map(str, limits), ",".join(self.models)]
        if self.per_day or self.per_month:
            fields += str(self.per_day), str(self.per_month)
        return ";".join(fields).rstrip(";")

    @classmethod
    def of(cls, entry: str) -> Self:
        """The client of a map's entry. Raises ValueError."""
        name, scopes, *limits = entry.split(";")
        if len(limits) not in _LENGTHS:
            raise ValueError(f"an entry has 7, 8 or 10 fields, not {len(limits) + 2}")
        models = tuple(filter(None, "".join(limits[5:6]).split(",")))
        quotas = dict(zip(("per_day", "per_month"), map(int, limits[6:]), strict=False))
        return cls(name, tuple(scopes.split(",")), *map(int, limits[:5]), models=models, **quotas)


Clients = dict[str, Client]  # by the sha256 of their keys


def read(path: Path) -> Clients:
    """Return the clients in a map file; nothing if the file is missing. Raises ValueError for an invalid line."""
    try:
        lines = path.read_text().splitlines()
    except FileNotFoundError:
        return {}
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not a text file: restore it, or remove it to start without clients") from error
    return dict(_pair(path, line) for line in lines if line.strip() and not line.startswith("#"))


def _pair(path: Path, line: str) -> tuple[str, Client]:
    try:
        digest, entry = line.split()
        return digest, Client.of(entry)
    except ValueError as error:
        raise ValueError(f"{path} has an invalid line: {line!r:.80}; remove that line") from error


def allowed(clients: Clients) -> dict[str, str]:
    """Return the map of allowed models for haproxy.cfg, for keys that are limited to some models: path/sha256 -> 1.

    A path under /predictions or /explanations is cut after its second segment, so all versions share one entry.
    """
    pairs = [(digest, model) for digest, client in clients.items() for model in client.models]
    paths = (
        f"{path}/{digest}"
        for digest, model in pairs
        for path in (
            f"predictions/{model}",
            f"explanations/{model}",
            f"/v1/models/{model}:predict",
            f"/v2/models/{model}/infer",
        )
    )
    return dict.fromkeys(paths, "1")


def add(path: Path, client: Client) -> str:
    """Add a client with a new key, and return the key, which is not stored. Other keys of the client get its limits."""
    key = f"inference_{secrets.token_urlsafe(32)}"
    digest = hashlib.sha256(key.encode()).hexdigest().upper()  # upper case, as HAProxy's converter ``hex`` writes it
    limits = {name: getattr(client, name) for name in LIMITS}

    def added(clients: Clients) -> Clients:
        others = {
            known: replace(other, **limits) if other.name == client.name else other for known, other in clients.items()
        }
        return others | {digest: client}

    _change(path, added)
    return key


def revoke(path: Path, name: str) -> int:
    """Remove all keys of a client; return their number."""
    before = len(read(path))
    _change(path, lambda clients: {digest: client for digest, client in clients.items() if client.name != name})
    return before - len(read(path))


def make(path: Path) -> None:
    """Make the file if there is none. Raises ValueError for one that cannot be read, and OSError."""
    if not path.exists():
        _change(path, lambda clients: clients)
    read(path)


def in_days(days: float) -> int:
    """Return the time in this number of days, in seconds since the epoch."""
    return int(time.time() + days * _DAY)


def locked(path: Path) -> AbstractContextManager[None]:
    """Lock the file, and updates of the gateway from it, while the block runs; other processes wait."""
    return files.locked(path.with_name(f"{path.name}.lock"))


def _change(path: Path, change: Callable[[Clients], Clients]) -> None:
    """Replace the file atomically with changed clients."""
    with locked(path):
        lines = [f"{digest} {client.entry}\n" for digest, client in change(read(path)).items()]
        files.replace(path, "".join(lines).encode(), PRIVATE)
