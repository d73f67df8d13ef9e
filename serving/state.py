"""JSON files with the state of a run folder. Errors about unreadable files name the remedy."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar, get_type_hints

import orjson

from inference import files
from serving.errors import UserError

_MOST_BYTES = 1 << 20
_AS_WRITTEN = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
_Built = TypeVar("_Built")


class StateError(UserError):
    """Error about a state file that cannot be read."""


@dataclass(frozen=True)
class StateFile(Generic[_Built]):
    """A file of each run folder.

    name    in the folder
    build   makes the state of the JSON object; a KeyError, TypeError or ValueError refuses it
    remedy  for a file that cannot be read
    """

    name: str
    build: Callable[[dict[str, Any]], _Built]
    remedy: str

    def read(self, directory: Path) -> _Built | None:
        """Return the state; None if there is no such file.

        Raises StateError if it is no regular file, larger than 1 MiB, no JSON object, or one that ``build`` refuses.
        """
        path = directory / self.name
        try:
            content = orjson.loads(files.read(path, _MOST_BYTES))  # refuses deep nesting with a ValueError
            if not isinstance(content, dict):
                raise TypeError(f"{content!r:.80} is no object")
            return self.build(content)
        except FileNotFoundError:
            return None
        except PermissionError as error:
            raise StateError(f"{path} cannot be read: it belongs to another user, so run this as that user") from error
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise StateError(f"{path} is damaged ({error}): {self.remedy}") from error

    def write(self, directory: Path, content: object) -> None:
        """Replace the file in one step, for its owner alone: by an object of JSON, or a dataclass for ``fields``."""
        text = orjson.dumps(content, str, _AS_WRITTEN)  # paths by str
        files.replace(directory / self.name, text, files.PRIVATE)

    def remove(self, directory: Path) -> None:
        (directory / self.name).unlink(missing_ok=True)


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
