"""Folder for a server's sockets, unpacked archives and libraries."""

import os
import tempfile
from pathlib import Path

from serving.errors import UserError

PREFIX = "serve-"


class ScratchError(UserError):
    """A temporary folder that TorchServe cannot use."""


def make(*, executable: bool) -> Path:
    """Make the folder; its path is short, for a socket's may have 108 bytes.

    executable  TorchServe loads its library for Unix sockets from there

    Raises ScratchError.
    """
    if executable:
        check_executable(Path(tempfile.gettempdir()))
    return Path(tempfile.mkdtemp(prefix=PREFIX))


def check_executable(folder: Path) -> None:
    """Raise ScratchError where no library can be loaded from a folder."""
    if os.statvfs(folder).f_flag & getattr(os, "ST_NOEXEC", 0):
        raise ScratchError(
            f"{folder} is mounted noexec, and TorchServe loads a library from it: mount it with exec, or name another "
            "folder in TMPDIR"
        )
