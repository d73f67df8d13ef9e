"""TorchServe's keys: one to infer, one to manage, one to renew the other two."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from serving.errors import UserError
from serving.waiting import within

FILE = "key_file.json"
_REMEDY = "scripts/down and scripts/up make new keys"
_WRITING_SECONDS, _POLL_SECONDS = 0.5, 0.01


class KeyFileError(UserError, ValueError):
    """A file of keys that stays unreadable."""


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

    Raises FileNotFoundError before the server has written them, and KeyFileError if they stay unreadable.
    """
    path = directory / FILE

    def whole() -> Keys | None:
        with suppress(ValueError):
            return _read(path)
        return None

    return within(_WRITING_SECONDS, whole, _POLL_SECONDS) or _read(path)


def _read(path: Path) -> Keys:
    try:
        content = orjson.loads(path.read_bytes())  # refuses deep nesting with a ValueError
        return Keys(*(_key(content[name]) for name in ("inference", "management", "API")))
    except KeyError as error:
        raise KeyFileError(f"{path} has no {error}: {_REMEDY}") from error
    except (TypeError, ValueError) as error:
        raise KeyFileError(f"{path} is damaged ({error}): {_REMEDY}") from error


def _key(entry: dict[str, Any]) -> Key:
    expires = entry.get("expiration time")
    # nanoseconds, which fromisoformat does not read: cut to seconds
    return Key(entry["key"], datetime.fromisoformat(f"{expires[:19]}+00:00") if expires else None)
