"""Rows of a table as objects with the names of the columns as keys: ``{"age": 39, "height": 1.8}``."""

from collections.abc import Sequence
from typing import Any

from inference.spec import InputSpec


class Table:
    """Puts the members of objects into the order of the columns. Their values are checked later."""

    def __init__(self, spec: InputSpec, hint: str) -> None:
        self._columns, self._known, self._error, self._hint = spec.columns, set(spec.columns), spec.error, hint

    def lists(self, values: Sequence[Any]) -> list[Any]:
        """Return each object as a list; other values are unchanged.

        Raises the error of the input, with the first columns that are missing or unknown.
        """
        return [self._list(value, index) if isinstance(value, dict) else value for index, value in enumerate(values)]

    def _list(self, value: dict[str, Any], index: int) -> list[Any]:
        if len(value) == len(self._columns):
            try:
                return list(map(value.__getitem__, self._columns))
            except KeyError:
                pass
        raise self._refused(value, index)

    def _refused(self, value: dict[str, Any], index: int) -> Exception:
        missing = [name for name in self._columns if name not in value]
        unknown = [name for name in value if name not in self._known]
        texts = [
            f"{what} {_named(names)}" for what, names in (("has no", missing), ("has the unknown", unknown)) if names
        ]
        return self._error(f"instances[{index}] {' and '.join(texts)}", self._hint)


def _named(names: Sequence[str]) -> str:
    some = ", ".join(repr(name[:40]) for name in names[:3])
    noun = "column" if len(names) == 1 else "columns"
    return f"{noun} {some}" + (f" and {len(names) - 3} more" if len(names) > 3 else "")
