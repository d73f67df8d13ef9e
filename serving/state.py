"""JSON files with the state of a run folder. Errors about unreadable files name the remedy."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

import orjson

from inference import files
from serving.errors import UserError

_MOST_BYTES = 1 << 20
_Built = TypeVar("_Built")


class StateError(UserError):
    """Error about a state file that cannot be read."""


def read(path: Path, build: Callable[[dict[str, Any]], _Built], remedy: str) -> _Built | None:
    """Return the result of ``build`` for the JSON object in the file ``path``; None if the file is missing.

    remedy  for a file that cannot be read

    Raises StateError if it is no regular file, is larger than 1 MiB or no JSON object, or if ``build`` raises KeyError,
    TypeError or ValueError.
    """
    try:
        content = orjson.loads(files.read(path, _MOST_BYTES))  # refuses deep nesting with a ValueError
        if not isinstance(content, dict):
            raise TypeError(f"{content!r:.80} is no object")
        return build(content)
    except FileNotFoundError:
        return None
    except PermissionError as error:
        raise StateError(f"{path} cannot be read: it belongs to another user, so run this as that user") from error
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise StateError(f"{path} is damaged ({error}): {remedy}") from error


def fields(kind: Callable[..., _Built]) -> Callable[[Any], _Built]:
    """Return a ``build`` for a dataclass of strings, numbers and paths; it checks the type of each field."""
    types = get_type_hints(kind)

    def build(content: Any) -> _Built:
        if not isinstance(content, dict):
            raise TypeError(f"{content!r:.80} is no object")
        for name, value in content.items():
            wanted = str if types[name] is Path else types[name]
            if not isinstance(value, wanted):
                raise TypeError(f"{name} is {value!r:.80}")
        return kind(**{name: Path(value) if types[name] is Path else value for name, value in content.items()})

    return build
