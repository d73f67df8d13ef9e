"""TorchServe's keys: for inference, for management, and the API key, which renews the other two."""

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
    """Error about a key file that stays unreadable."""


@dataclass(frozen=True)
class Key:
    """Key and time of its expiry; the API key has none."""

    value: str
    expires: datetime | None

    @property
    def expired(self) -> bool:
        return self.expires is not None and self.expires <= datetime.now(UTC)

    @property
    def header(self) -> dict[str, str]:
        """Return the HTTP header with the key."""
        return {"Authorization": f"Bearer {self.value}"}


@dataclass(frozen=True)
class Keys:
    inference: Key
    management: Key
    api: Key


def read(directory: Path) -> Keys:
    """Return the keys in the folder of a server.

    The server writes them in place at each renewal, so an unreadable file is read again for half a second. Raises
    FileNotFoundError before the first write, and KeyFileError if the file stays unreadable.
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
    # fromisoformat cannot read nanoseconds: cut to seconds
    return Key(entry["key"], datetime.fromisoformat(f"{expires[:19]}+00:00") if expires else None)
