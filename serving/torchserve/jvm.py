"""The start of the JVM that runs TorchServe."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from serving.torchserve import class_data, command

# Starts a process that is not this one's child, and prints its number.
_DETACHED = "import subprocess, sys; print(subprocess.Popen(sys.argv[1:], stdout=sys.stderr).pid)"


def launch(
    directory: Path, scratch: Path, settings: Mapping[str, str], environment: Mapping[str, str], console: Path
) -> int:
    """Start it in a folder that has its settings. Return its process number; 0 if it could not be started.

    scratch      the folder of its sockets and unpacked archives
    environment  has JAVA_HOME
    console      the file for what it prints
    """
    line = _line(directory, scratch, settings, Path(environment["JAVA_HOME"]))
    with console.open("a") as output:  # appended to, for serving/torchserve/stacks.py cuts it
        launched = subprocess.run(
            [sys.executable, "-I", "-S", "-c", _DETACHED, *line],
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=output,
            check=False,
            start_new_session=True,  # Ctrl-C is for whoever waits for it, not for the JVM
            umask=0o077,  # key_file.json is private from its creation on
        )
    return 0 if launched.returncode else int(launched.stdout)


def _line(directory: Path, scratch: Path, settings: Mapping[str, str], java_home: Path) -> list[str]:
    try:
        classes = command.class_path(class_data.FOLDER)
    except OSError:  # the environment is another user's
        return command.line(java_home, command.class_path(directory), scratch, settings)
    shared = class_data.options(java_home, classes, class_data.FOLDER)
    return command.line(java_home, classes, scratch, settings, shared)
