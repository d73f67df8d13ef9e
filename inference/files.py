"""Files that are written whole or not at all, and files that are read within a bound."""

import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import orjson

PRIVATE, PRIVATE_FOLDER = 0o600, 0o700  # for the owner alone
_BY_UMASK = 0o777


@contextmanager
def replacing(path: Path, mode: int = 0o644) -> Iterator[Path]:
    """Yield a file to write beside ``path``, with its suffix, that replaces it in one step once the block ends well.

    mode  permissions of the file, whatever the umask is; until the block ends, only the owner can read the file

    A reader, or a crash, meets the old file or the new one. Missing folders are made; those of a PRIVATE file are
    private, too. Raises OSError if there is no room or no permission; then ``path`` is as it was.
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
    """Put ``content`` at ``path`` in one step. ``replacing`` explains ``mode``."""
    with replacing(path, mode) as partial:
        partial.write_bytes(content)


def replace_json(path: Path, content: dict[str, Any], mode: int = 0o644) -> None:
    """Put ``content`` at ``path`` in one step, indented for people. ``replacing`` explains ``mode``."""
    replace(path, orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE), mode)


def make_folder(path: Path, mode: int) -> None:
    """Make a folder and the parents that it lacks. Each has ``mode``, less the umask, from its creation on.

    A folder that exists keeps its mode.
    """
    for folder in reversed((path, *path.parents)):
        if not folder.is_dir() and (folder == path or not folder.exists()):
            folder.mkdir(mode, exist_ok=True)


def try_lock(file: IO[Any] | int, kind: int = fcntl.LOCK_EX) -> bool:
    """Return whether the lock of a file could be taken at once, or was this process's already.

    However the process ends, the kernel then frees it.
    """
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Lock a file while the block runs; other processes wait. A missing file, and its folders, are made private."""
    make_folder(path.parent, PRIVATE_FOLDER)
    path.touch(PRIVATE)  # other users could hold a lock that they can open
    with path.open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def read(path: Path, limit: int) -> bytes:
    """Return the bytes of a regular file.

    limit  the largest size that is read, bytes

    Raises OSError if the file is missing, larger, or not a regular file. A FIFO or a device is not read.
    """
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # a FIFO would otherwise wait for its writer
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(f"{path} is not a regular file")
        if status.st_size > limit:
            raise OSError(f"{path} has {status.st_size} bytes; {limit} are allowed")
        with os.fdopen(handle, "rb", closefd=False) as file:
            return file.read(status.st_size)  # a file that grows meanwhile is read no further
    finally:
        os.close(handle)
