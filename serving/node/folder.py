"""Check of the run folder of a node, which belongs to the user that serves from it."""

import os
import pwd
import shlex
import sys
from pathlib import Path

from serving.errors import UserError


def check(directory: Path, command: str) -> None:
    """Raises UserError if this is not a folder, or is another user's: the node could not read files of root.

    command  name of the running command; the error says how to run it as the owner
    """
    try:
        status = directory.stat()
    except FileNotFoundError:
        return
    except PermissionError as error:
        raise UserError(f"{directory} belongs to another user: run {command} as that user, with sudo -u") from error
    except NotADirectoryError as error:
        raise UserError(f"{directory} is not a folder: name one with --directory") from error
    if not directory.is_dir():
        raise UserError(f"{directory} is not a folder: name one with --directory")
    if status.st_uid != os.geteuid():
        again = shlex.join(["sudo", "-u", _name(status.st_uid), command, *sys.argv[1:]])
        raise UserError(f"{directory} belongs to the user {_name(status.st_uid)}: run {again}")


def _name(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"#{user}"
