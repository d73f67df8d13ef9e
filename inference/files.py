"""Files: atomic writes, locks, and reads with a size limit."""

import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import orjson

PRIVATE, PRIVATE_FOLDER = 0o600, 0o700  # only the owner has access
_BY_UMASK = 0o777


@contextmanager
def replacing(path: Path, mode: int = 0o644) -> Iterator[Path]:
    """Yield a temporary file beside ``path``, with the same suffix. It replaces ``path`` when the block succeeds.

    mode  permissions of the file, independent of the umask; until the block ends, only the owner can read the file

    The replacement is one step: readers see the old file or the new one, also after a crash. Missing folders are made,
    private ones for a PRIVATE file. Raises OSError without space or permission; then ``path`` is unchanged.
    """
    make_folder(path.parent, PRIVATE_FOLDER if mode == PRIVATE else _BY_UMASK)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}.", suffix=path.suffix)  # PRIVATE
    os.close(handle)
    partial = Path(name)
    try:
        yield partial
        with partial.open("rb") as written:
            os.fchmod(written.fileno(), mode)
            os.fsync(written.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def replace(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Write ``content`` to ``path`` in one step. ``replacing`` explains ``mode``."""
    with replacing(path, mode) as partial:
        partial.write_bytes(content)


def replace_json(path: Path, content: dict[str, Any], mode: int = 0o644) -> None:
    """Write ``content`` as indented JSON to ``path`` in one step. ``replacing`` explains ``mode``."""
    replace(path, orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE), mode)


def frozen(value: Any) -> Any:
    """Return a value of JSON with tuples for lists."""
    if isinstance(value, dict):
        return {name: frozen(member) for name, member in value.items()}
    return tuple(map(frozen, value)) if isinstance(value, list) else value


def make_folder(path: Path, mode: int) -> None:
    """Make a folder and its missing parents, each created with ``mode`` minus the umask.

    A folder that exists keeps its mode.
    """
    for folder in reversed((path, *path.parents)):
        if not folder.is_dir() and (folder == path or not folder.exists()):
            folder.mkdir(mode, exist_ok=True)


def try_lock(file: IO[Any] | int, kind: int = fcntl.LOCK_EX) -> bool:
    """Lock a file without waiting. Return False if it is locked. The kernel frees the lock when the process ends."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Lock a file while the block runs. Other processes wait. A missing file and its folders are made private."""
    make_folder(path.parent, PRIVATE_FOLDER)
    path.touch(PRIVATE)  # a user who can open the file could keep its lock
    with path.open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def read(path: Path, limit: int) -> bytes:
    """Return the bytes of a regular file.

    limit  largest size in bytes

    Raises OSError if the file is missing, larger, or not a regular file. FIFOs and devices are not read.
    """
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # otherwise open waits for the writer of a FIFO
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(f"{path} is not a regular file")
        if status.st_size > limit:
            raise OSError(f"{path} has {status.st_size} bytes; {limit} are allowed")
        with os.fdopen(handle, "rb", closefd=False) as file:
            return file.read(status.st_size)  # at most the checked size, even if the file has grown
    finally:
        os.close(handle)
