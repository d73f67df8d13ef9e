"""Reader of tables in a TOML or JSON file, which checks the type of each key."""

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import orjson

from inference import files
from serving.declared.errors import DeclarationError

_MOST_BYTES = 4 << 20
_MOST_SHOWN = 60


class Section:
    """Keys and values of one table in a file. Each method returns None for a missing key.

    place  file and table, for errors
    known  allowed keys; None for any
    below  table inside this one -> its keys, for hints about misplaced keys
    """

    def __init__(
        self, content: Any, place: str, known: Sequence[str] | None, below: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        if not isinstance(content, Mapping):
            raise DeclarationError(f"{place} must be a table, not {shown(content)}")
        self._content, self._place = content, place
        if known is not None and (unknown := [str(key) for key in content if key not in known]):
            keys = {name: f"{name} in {table}" for table, names in (below or {}).items() for name in names}
            keys |= {name: name for name in known}
            close = get_close_matches(unknown[0], keys, 1)
            hint = f"did you mean {keys[close[0]]}?" if close else f"known are {', '.join(known)}"
            raise self.error(f"unknown key {unknown[0]!r:.60}; {hint}")

    def __contains__(self, key: str) -> bool:
        return key in self._content

    def error(self, text: str) -> DeclarationError:
        return DeclarationError(f"{self._place}: {text}")

    def value(self, key: str) -> Any:
        return self._content.get(key)

    def checked(self, key: str, fits: Callable[[Any], bool], what: str) -> Any:
        """Return a value after a check. Raises DeclarationError with ``what``, a description of valid values."""
        value = self._content.get(key)
        if value is not None and not fits(value):
            raise self.error(f"{key} must be {what}, not {shown(value)}")
        return value

    def section(self, key: str, known: Sequence[str] | None) -> "Section":
        """Return the table under a key; an empty one if it is missing."""
        return Section(self._content.get(key, {}), f"{self._place} [{key}]", known)

    def sections(self, key: str, known: Sequence[str]) -> "dict[str, Section]":
        """Return the tables inside the table under a key, by name."""
        parent = self.section(key, None)
        return {str(name): parent.section(name, known) for name in parent._content}

    def file(self, key: str, folder: Path, name: str) -> Path:
        """Return the path of the file in a folder that a key names. Raises DeclarationError."""
        path = folder / name
        if not path.resolve().is_relative_to(folder.resolve()):
            raise self.error(f"{key} is {name!r:.60}, which is outside the folder")
        if not path.is_file():
            raise self.error(f"{key} is {name!r:.60}, but there is no such file")
        return path

    def text(self, key: str) -> str | None:
        text: str | None = self.checked(key, _is_text, "a text")
        return text

    def choice(self, key: str, choices: Sequence[str]) -> str | None:
        value = self.text(key)
        if value is not None and value not in choices:
            raise self.error(f"{key} is {value!r:.60}; it must be {', '.join(choices[:-1])} or {choices[-1]}")
        return value

    def flag(self, key: str, *, default: bool) -> bool:
        value = self.checked(key, lambda value: isinstance(value, bool), "true or false")
        return default if value is None else bool(value)

    def number(self, key: str, least: float, most: float) -> float | None:
        value = self._content.get(key)
        return None if value is None else self._number(value, key, least, most)

    def texts(self, key: str) -> tuple[str, ...] | None:
        """Return a list of different texts."""
        value = self.checked(
            key, lambda value: isinstance(value, list) and bool(value) and all(map(_is_text, value)), "a list of texts"
        )
        for index, text in enumerate(value or ()):
            if text in value[:index]:
                raise self.error(f"{key} has {text!r:.60} twice, at {value.index(text)} and {index}")
        return None if value is None else tuple(value)

    def numbers(self, key: str, counts: Sequence[int]) -> tuple[float, ...] | None:
        """Return a list of numbers, whose length must be one of ``counts``; a single number is a list of one."""
        value = self._content.get(key)
        if value is None:
            return None
        members = value if isinstance(value, list) else [value]
        if len(members) not in counts:
            raise self.error(f"{key} has {len(members)} numbers; it must have {' or '.join(map(str, counts))}")
        return tuple(self._number(member, key, float("-inf"), float("inf")) for member in members)

    def _number(self, value: Any, key: str, least: float, most: float) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.error(f"{key} must be a number, not {shown(value)}")
        if not least <= value <= most:  # also rejects NaN
            raise self.error(f"{key} is {value}; it must be from {least:g} to {most:g}")
        return float(value)


def read_text(path: Path, most: int = _MOST_BYTES) -> str:
    """Return the text in a file of at most ``most`` bytes. Raises DeclarationError if it cannot be read."""
    try:
        return files.read(path, most).decode("utf-8-sig")  # Windows editors write a byte order mark
    except (OSError, UnicodeDecodeError) as error:
        raise DeclarationError(f"{path.name} cannot be read: {error}") from error


def read_json(path: Path) -> Any:
    """Return the JSON value in a file. Raises DeclarationError if it is no JSON."""
    try:
        return orjson.loads(files.read(path, _MOST_BYTES))
    except (OSError, ValueError) as error:
        raise DeclarationError(f"{path.name} is not JSON that can be read: {error}") from error


def read_object(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file. Raises DeclarationError if it is no object."""
    content = read_json(path)
    if not isinstance(content, dict):
        raise DeclarationError(f"{path.name} must be a JSON object, not {type(content).__name__}")
    return content


def shown(value: object) -> str:
    """Return a value for an error message, cut to 60 characters."""
    text = repr(value)
    return text if len(text) <= _MOST_SHOWN else f"{text[: _MOST_SHOWN - 3]}..."


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)
