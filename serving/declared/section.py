"""Tables of a TOML or JSON file, read key by key with their types checked."""

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
    """Keys and values at one place of a file. Each method returns None for a key that is absent.

    place  for errors: the file, and the table in it
    known  the keys that it may have; None: any
    below  by table below this place, keys that belong there
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
        """Return a value that fits. Raises DeclarationError, which says what it must be."""
        value = self._content.get(key)
        if value is not None and not fits(value):
            raise self.error(f"{key} must be {what}, not {shown(value)}")
        return value

    def section(self, key: str, known: Sequence[str] | None) -> "Section":
        """The table under a key, empty if there is none."""
        return Section(self._content.get(key, {}), f"{self._place} [{key}]", known)

    def sections(self, key: str, known: Sequence[str]) -> "dict[str, Section]":
        """The tables under the keys of the table under a key."""
        parent = self.section(key, None)
        return {str(name): parent.section(name, known) for name in parent._content}

    def file(self, key: str, folder: Path, name: str) -> Path:
        """The file that a key names in a folder."""
        path = folder / name
        if not path.resolve().is_relative_to(folder.resolve()):
            raise self.error(f"{key} is {name!r:.60}, which is outside the folder")
        if not path.is_file():
            raise self.error(f"{key} is {name!r:.60}, and there is no such file")
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
        """A list of different texts."""
        value = self.checked(
            key, lambda value: isinstance(value, list) and bool(value) and all(map(_is_text, value)), "a list of texts"
        )
        for index, text in enumerate(value or ()):
            if text in value[:index]:
                raise self.error(f"{key} has {text!r:.60} twice, at {value.index(text)} and {index}")
        return None if value is None else tuple(value)

    def numbers(self, key: str, counts: Sequence[int]) -> tuple[float, ...] | None:
        """A list of as many numbers as one of the counts; a number alone is a list of one."""
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
        if not least <= value <= most:  # also true of NaN
            raise self.error(f"{key} is {value}; it must be from {least:g} to {most:g}")
        return float(value)


def read_text(path: Path, most: int = _MOST_BYTES) -> str:
    """Return the text in a file of so many bytes. Raises DeclarationError if it cannot be read."""
    try:
        return files.read(path, most).decode("utf-8-sig")  # editors of Windows write a mark first
    except (OSError, UnicodeDecodeError) as error:
        raise DeclarationError(f"{path.name} cannot be read: {error}") from error


def read_json(path: Path) -> Any:
    """Return the value in a file. Raises DeclarationError if it is not JSON."""
    try:
        return orjson.loads(files.read(path, _MOST_BYTES))
    except (OSError, ValueError) as error:
        raise DeclarationError(f"{path.name} is not JSON that can be read: {error}") from error


def read_object(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file. Raises DeclarationError if it is none."""
    content = read_json(path)
    if not isinstance(content, dict):
        raise DeclarationError(f"{path.name} must be a JSON object, not {type(content).__name__}")
    return content


def shown(value: object) -> str:
    """A value in an error message, short enough to read."""
    text = repr(value)
    return text if len(text) <= _MOST_SHOWN else f"{text[: _MOST_SHOWN - 3]}..."


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)
