"""Files that processes append lines to, bounded in size and number."""

import errno
import fcntl
import io
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from inference import files

SIZE, FILES = 10 << 20, 5
_BUFFER_BYTES = 1 << 20  # of a line that is printed; a longer one may end in the next file
_STREAMS = 1, 2  # standard output and error


def append(path: Path, lines: bytes, size: int = SIZE, number: int = FILES) -> None:
    """Append whole lines or nothing; first rotate a file that has no room for them.

    size    bytes of one file
    number  of files that are kept: ``path``, and with ``.1`` and so on at its end the ones before, the newest first

    Several processes may append at the same time: no line is lost between two files. A file that cannot be renamed
    grows. Raises OSError if the lines cannot be written, as on a full disk.
    """
    while True:
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, files.PRIVATE)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            if not _is_at(handle, path):  # another process rotated it meanwhile
                continue
            written = os.fstat(handle).st_size
            if written and written + len(lines) > size and _rotate(path, number):
                continue
            _write(handle, lines, written, path)
            return
        finally:
            os.close(handle)


def redirect(path: Path, size: int = SIZE) -> None:
    """Append to a file all that this process prints from now on, and rotate the file. What has no room is lost.

    size  bytes of one file
    """
    sys.stdout.flush()
    sys.stderr.flush()
    printed = io.BufferedWriter(_Printed(path, size), _BUFFER_BYTES)
    sys.stdout = sys.stderr = io.TextIOWrapper(
        printed, encoding="utf-8", errors="backslashreplace", line_buffering=True
    )


class _Printed(io.RawIOBase):
    """Output of a process. Its descriptors, which others in the process print to, follow the file."""

    def __init__(self, path: Path, size: int) -> None:
        self._path, self._size = path, size

    def writable(self) -> bool:
        return True

    def write(self, text: Any, /) -> int:
        lines = bytes(text)
        with suppress(OSError):
            append(self._path, lines, self._size)
            self._follow()
        return len(lines)

    def _follow(self) -> None:
        if _is_at(_STREAMS[0], self._path) and _is_at(_STREAMS[1], self._path):
            return
        with self._path.open("ab") as file:
            for stream in _STREAMS:
                os.dup2(file.fileno(), stream)


def _is_at(handle: int, path: Path) -> bool:
    """Return whether a path leads to an open file."""
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(handle), path.stat())
    return False


def _rotate(path: Path, number: int) -> bool:
    """Rename a file, and those before it up to the first gap. Return whether ``path`` leads to this file no more.

    Only the process that has the lock of the file at ``path`` is here, and the last step ends that.
    """
    before = [path.with_name(f"{path.name}.{turn}") for turn in range(1, number)]
    gap = next((place for place, file in enumerate(before) if not file.exists()), number - 2)
    try:
        for younger, older in zip(reversed(before[:gap]), reversed(before[1 : gap + 1]), strict=True):
            younger.replace(older)
        path.replace(before[0])
    except FileNotFoundError:
        return True  # someone removed it
    except OSError:
        return False
    return True


def _write(handle: int, lines: bytes, size: int, path: Path) -> None:
    """Append to a file of this size. What has room in part leaves nothing."""
    written = 0
    try:
        written = os.write(handle, lines)
    finally:
        if written < len(lines):
            os.ftruncate(handle, size)
    if written < len(lines):
        raise OSError(errno.ENOSPC, f"no space for {len(lines)} bytes", str(path))
