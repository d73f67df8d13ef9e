"""Audit log of a node: lines for rollouts, rollbacks, scaling, changes of models and keys, starts and stops.

Lines are only appended, and the file rotates. An action that takes time has two lines: one at its start, and one with
its outcome.
"""

import json
import logging
import os
import pwd
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from inference import files
from serving import log, rotation
from serving.paths import ROOT

FILE = "audit.log"
FILES = 10  # each of 10 MiB; together some 300,000 entries
_MOST_MESSAGE = 500

logger = logging.getLogger(__name__)


def record(directory: Path, action: str, outcome: str = "done", **details: Any) -> None:
    """Append a line to the audit log of a run folder.

    If it cannot be written, the log gets a warning, because a node must be able to stop on a full disk.
    """
    line = {
        "time": log.moment(),
        "user": user(),
        "command": command(),
        "process": os.getpid(),
        "action": action,
        "outcome": outcome[:_MOST_MESSAGE],
        **details,
    }
    try:
        files.make_folder(directory, files.PRIVATE_FOLDER)
        rotation.append(directory / FILE, json.dumps(line).encode() + b"\n", number=FILES)
    except OSError as error:
        logger.warning("the audit entry of %s was not written: %s", action, error)


@contextmanager
def recorded(directory: Path, action: str, **details: Any) -> Iterator[None]:
    """Record the start of an action, and its end: done, or the error."""
    record(directory, action, "begun", **details)
    try:
        yield
    except BaseException as error:
        record(directory, action, f"failed: {str(error) or type(error).__name__}", **details)
        raise
    record(directory, action, **details)


def user() -> str:
    """Return the user of this process, and in brackets the user who ran sudo."""
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # for example in a container, whose user may have only a number
        name = str(os.getuid())
    return f"{name} ({sudo})" if (sudo := os.environ.get("SUDO_USER")) else name


def command() -> str:
    """Return the command line of this process, with the path of its program in the repository."""
    program = Path(sys.argv[0])
    path = program.parent.resolve() / program.name  # commands are links to one script
    shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else program
    return shlex.join([str(shown), *sys.argv[1:]])
