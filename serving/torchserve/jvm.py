"""Start of the JVM that runs TorchServe."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from serving.torchserve import class_data, command

# Start a process that is not a child of this one, and print its id.
_DETACHED = "import subprocess, sys; print(subprocess.Popen(sys.argv[1:], stdout=sys.stderr).pid)"


def launch(
    directory: Path, scratch: Path, settings: Mapping[str, str], environment: Mapping[str, str], console: Path
) -> int:
    """Start the JVM in a folder with its settings. Return its process id; 0 if it could not be started.

    scratch      folder of its sockets and unpacked archives
    environment  with JAVA_HOME
    console      file for its output
    """
    line = _line(directory, scratch, settings, Path(environment["JAVA_HOME"]))
    with console.open("a") as output:  # append mode, because serving/torchserve/stacks.py truncates the file
        launched = subprocess.run(
            [sys.executable, "-I", "-S", "-c", _DETACHED, *line],
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=output,
            check=False,
            start_new_session=True,  # Ctrl-C stops the waiting command, not the JVM
            umask=0o077,  # so that key_file.json is private from the start
        )
    return 0 if launched.returncode else int(launched.stdout)


def _line(directory: Path, scratch: Path, settings: Mapping[str, str], java_home: Path) -> list[str]:
    try:
        classes = command.class_path(class_data.FOLDER)
    except OSError:  # the environment belongs to another user
        return command.line(java_home, command.class_path(directory), scratch, settings)
    shared = class_data.options(java_home, classes, class_data.FOLDER)
    return command.line(java_home, classes, scratch, settings, shared)
