"""A table of a TOML or JSON file, read key by key with its types checked."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from serving.declared.errors import DeclarationError

_MOST_SHOWN = 60


class Section:
    """Keys and values at one place of a file. Each method returns None for a key that is absent.

    place  for errors: the file, and the table in it
    known  the keys that it may have
    below  by table below this place, keys that belong there
    """

    def __init__(
        self, content: Any, place: str, known: Sequence[str], below: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        if not isinstance(content, Mapping):
            raise DeclarationError(f"{place} must be a table, not {shown(content)}")
        self._content, self._place = content, place
        for key in content:
            if key not in known:
                raise self._unknown(str(key), known, below or {})

    def __contains__(self, key: str) -> bool:
        return key in self._content

    def error(self, text: str) -> DeclarationError:
        return DeclarationError(f"{self._place}: {text}")

    def value(self, key: str) -> Any:
        return self._content.get(key)

    def section(self, key: str, known: Sequence[str]) -> "Section":
        """The table under a key, empty if there is none."""
        return Section(self._content.get(key, {}), f"{self._place} [{key}]", known)

    def names(self, key: str) -> tuple[str, ...]:
        """The keys of the table under a key."""
        content = self._content.get(key, {})
        if not isinstance(content, Mapping):
            raise self.error(f"{key} must be a table, not {shown(content)}")
        return tuple(map(str, content))

    def text(self, key: str) -> str | None:
        value = self._content.get(key)
        if value is not None and (not isinstance(value, str) or not value):
            raise self.error(f"{key} must be a text, not {shown(value)}")
        return value

    def choice(self, key: str, choices: Sequence[str]) -> str | None:
        value = self.text(key)
        if value is not None and value not in choices:
            raise self.error(f"{key} is {value!r:.60}; it must be {', '.join(choices[:-1])} or {choices[-1]}")
        return value

    def flag(self, key: str, *, default: bool) -> bool:
        value = self._content.get(key, default)
        if not isinstance(value, bool):
            raise self.error(f"{key} must be true or false, not {shown(value)}")
        return value

    def number(self, key: str, least: float, most: float) -> float | None:
        value = self._content.get(key)
        if value is None:
            return None
        return self._number(value, key, least, most)

    def texts(self, key: str) -> tuple[str, ...] | None:
        """A list of different texts."""
        value = self._content.get(key)
        if value is None:
            return None
        if not isinstance(value, list) or not value or not all(isinstance(text, str) and text for text in value):
            raise self.error(f"{key} must be a list of texts, not {shown(value)}")
        for index, text in enumerate(value):
            if text in value[:index]:
                raise self.error(f"{key} has {text!r:.60} twice, at {value.index(text)} and {index}")
        return tuple(value)

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

    def _unknown(self, key: str, known: Sequence[str], below: Mapping[str, Sequence[str]]) -> DeclarationError:
        keys = {name: name for name in known}
        keys |= {name: f"{name} in {table}" for table, names in below.items() for name in names if name not in keys}
        close = get_close_matches(key, keys, 1)
        hint = f"did you mean {keys[close[0]]}?" if close else f"known are {', '.join(known)}"
        return self.error(f"unknown key {key!r:.60}; {hint}")


def shown(value: object) -> str:
    """A value in an error message, short enough to read."""
    text = repr(value)
    return text if len(text) <= _MOST_SHOWN else f"{text[: _MOST_SHOWN - 3]}..."
