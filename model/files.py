"""Files that are written whole or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A file to write beside ``path``, with its suffix, that takes its place in one step once the block ends well.

    A reader, or a crash, meets the old file or the new one. Makes the folder if need be.
    Raises OSError if there is no room or no permission; then ``path`` is as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}.", suffix=path.suffix)
    os.close(handle)
    partial = Path(name)
    try:
        yield partial
        with partial.open("rb") as written:
            os.fsync(written.fileno())
        partial.chmod(0o644)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def replace(path: Path, content: bytes) -> None:
    """Put ``content`` at ``path`` in one step."""
    with replacing(path) as partial:
        partial.write_bytes(content)


def replace_json(path: Path, content: dict[str, Any]) -> None:
    """Put ``content`` at ``path`` in one step, indented for people."""
    replace(path, orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
