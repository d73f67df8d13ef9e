"""Log files of bounded size and number, to which several processes append lines."""

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
_BUFFER_BYTES = 1 << 20  # of a printed line; a longer one may continue in the next file
_STREAMS = 1, 2  # standard output and error


def append(path: Path, lines: bytes, size: int = SIZE, number: int = FILES) -> None:
    """Append all lines or nothing. First rotate the file if they do not fit.

    size    bytes of one file
    number  of files to keep: ``path``, and older files as ``path.1`` and so on, the newest first

    Several processes may append at once: no line is lost at a rotation. A file that cannot be renamed grows over
    ``size``. Raises OSError if the lines cannot be written, for example on a full disk.
    """
    while True:
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, files.PRIVATE)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            if not _is_at(handle, path):  # another process has rotated the file
                continue
            written = os.fstat(handle).st_size
            if written and written + len(lines) > size and _rotate(path, number):
                continue
            _write(handle, lines, written, path)
            return
        finally:
            os.close(handle)


def redirect(path: Path, size: int = SIZE) -> None:
    """Append everything that this process prints to a file, and rotate it. Lines that cannot be written are lost.

    size  bytes of one file
    """
    sys.stdout.flush()
    sys.stderr.flush()
    printed = io.BufferedWriter(_Printed(path, size), _BUFFER_BYTES)
    sys.stdout = sys.stderr = io.TextIOWrapper(
        printed, encoding="utf-8", errors="backslashreplace", line_buffering=True
    )


class _Printed(io.RawIOBase):
    """Output stream to a rotating file. Also redirects the descriptors, because libraries print to them directly."""

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
    """Return whether ``path`` is the path of this open file."""
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(handle), path.stat())
    return False


def _rotate(path: Path, number: int) -> bool:
    """Rename a file and the older ones, up to the first gap. Return whether ``path`` no longer names this file.

    Only the process with the lock on the file at ``path`` may call this; the last renaming ends the lock's effect.
    """
    before = [path.with_name(f"{path.name}.{turn}") for turn in range(1, number)]
    gap = next((place for place, file in enumerate(before) if not file.exists()), number - 2)
    try:
        for younger, older in zip(reversed(before[:gap]), reversed(before[1 : gap + 1]), strict=True):
            younger.replace(older)
        path.replace(before[0])
    except FileNotFoundError:
        return True  # another process removed it
    except OSError:
        return False
    return True


def _write(handle: int, lines: bytes, size: int, path: Path) -> None:
    """Append to a file of ``size`` bytes. Undo a partial write. Raises OSError."""
    written = 0
    try:
        written = os.write(handle, lines)
    finally:
        if written < len(lines):
            os.ftruncate(handle, size)
    if written < len(lines):
        raise OSError(errno.ENOSPC, f"no space for {len(lines)} bytes", str(path))
