"""The command line of the JVM that runs TorchServe.

It is the one of ``torchserve --start --ncs --ts-config config.properties``, but for the class path: TorchServe's own
begins with the current folder, and a JVM shares no class data where a folder is on the class path.
"""

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from serving.torchserve import patches
from serving.torchserve.patches.class_patch import original_jar

CLASS = "org.pytorch.serve.ModelServer"
SCRATCH = "-Djava.io.tmpdir"
SETTINGS = "config.properties"


def class_path(folder: Path) -> str:
    """Return the class path: a jar of patches in ``folder``, then TorchServe's. Raises OSError without room for it."""
    return f"{patches.jar(folder)}:{original_jar()}"


def line(
    java_home: Path, classes: str, scratch: Path, settings: Mapping[str, str], options: Iterable[str] = ()
) -> list[str]:
    """Return the command for a JVM in a folder that has SETTINGS.

    classes   the class path
    scratch   the folder of its sockets and unpacked archives
    settings  those in SETTINGS
    options   of the JVM, beside ``vmargs``
    """
    packages = original_jar().parents[2]
    java = [str(java_home / "bin" / "java"), f"-Dmodel_server_home={packages}", f"{SCRATCH}={scratch}"]
    own = ["--python", sys.executable, "-f", SETTINGS, "-s", settings["model_store"], "-ncs"]
    return [*java, *settings["vmargs"].split(), *options, "-cp", classes, CLASS, *own]
