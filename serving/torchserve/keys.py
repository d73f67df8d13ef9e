"""TorchServe's keys: one to infer, one to manage, one to renew the other two."""

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FILE = "key_file.json"
_WRITING_SECONDS, _POLL_SECONDS = 0.5, 0.01


@dataclass(frozen=True)
class Key:
    """A key and when it expires; the API key never does."""

    value: str
    expires: datetime | None

    @property
    def expired(self) -> bool:
        return self.expires is not None and self.expires <= datetime.now(UTC)

    @property
    def header(self) -> dict[str, str]:
        """The HTTP header that carries it."""
        return {"Authorization": f"Bearer {self.value}"}


@dataclass(frozen=True)
class Keys:
    inference: Key
    management: Key
    api: Key


def read(directory: Path) -> Keys:
    """The keys in the folder that a server runs in.

    The server writes them in place at each renewal, so what cannot be read is read again for half a second.

    Raises FileNotFoundError before the server has written them, and ValueError if they stay unreadable.
    """
    deadline = time.monotonic() + _WRITING_SECONDS
    while True:
        try:
            return _read(directory / FILE)
        except ValueError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_POLL_SECONDS)


def _read(path: Path) -> Keys:
    content = json.loads(path.read_text())
    try:
        return Keys(*(_key(content[name]) for name in ("inference", "management", "API")))
    except KeyError as error:
        raise ValueError(f"{FILE} has no {error}") from error


def _key(entry: dict[str, Any]) -> Key:
    expires = entry.get("expiration time")
    # nanoseconds, which fromisoformat does not read: cut to seconds
    return Key(entry["key"], datetime.fromisoformat(f"{expires[:19]}+00:00") if expires else None)
