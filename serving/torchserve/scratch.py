"""Folder for a server's sockets, unpacked archives and libraries."""

import os
import tempfile
from pathlib import Path

from serving.errors import UserError

PREFIX = "serve-"


def make(*, executable: bool) -> Path:
    """Make the folder. Its path is short, because the path of a socket has at most 108 bytes. Raises UserError.

    executable  TorchServe loads its library for Unix sockets from there

    Raises UserError.
    """
    if executable:
        check_executable(Path(tempfile.gettempdir()))
    return Path(tempfile.mkdtemp(prefix=PREFIX))


def check_executable(folder: Path) -> None:
    """Raise UserError where no library can be loaded from a folder."""
    if os.statvfs(folder).f_flag & getattr(os, "ST_NOEXEC", 0):
        raise UserError(
            f"{folder} is mounted noexec, and TorchServe loads a library from it: mount it with exec, or name another "
            "folder in TMPDIR"
        )
