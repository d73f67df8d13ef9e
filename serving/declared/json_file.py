"""A JSON file of a folder."""

from pathlib import Path
from typing import Any

import orjson

from inference import files
from serving.declared.errors import DeclarationError

_MOST_BYTES = 4 << 20


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in the file. Raises DeclarationError if it is none."""
    content = read_json_value(path)
    if not isinstance(content, dict):
        raise DeclarationError(f"{path.name} must be a JSON object, not {type(content).__name__}")
    return content


def read_json_value(path: Path) -> Any:
    """Return the value in the file. Raises DeclarationError if it is not JSON."""
    try:
        return orjson.loads(files.read(path, _MOST_BYTES))
    except (OSError, ValueError) as error:
        raise DeclarationError(f"{path.name} is not JSON that can be read: {error}") from error
