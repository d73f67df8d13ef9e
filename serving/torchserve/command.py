"""Command line of the JVM that runs TorchServe.

It equals that of ``torchserve --start --ncs --ts-config config.properties`` except for the class path. TorchServe's own
path begins with the current folder, and a JVM shares no class data if a folder is on the class path.
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
    """Return the class path: a jar of patches in ``folder``, then TorchServe's. Raises OSError without write access."""
    return f"{patches.jar(folder)}:{original_jar()}"


def line(
    java_home: Path, classes: str, scratch: Path, settings: Mapping[str, str], options: Iterable[str] = ()
) -> list[str]:
    """Return the command for a JVM in a folder with SETTINGS.

    classes   class path
    scratch   folder of its sockets and unpacked archives
    settings  content of SETTINGS
    options   JVM options beside ``vmargs``
    """
    packages = original_jar().parents[2]
    java = [str(java_home / "bin" / "java"), f"-Dmodel_server_home={packages}", f"{SCRATCH}={scratch}"]
    own = ["--python", sys.executable, "-f", SETTINGS, "-s", settings["model_store"], "-ncs"]
    return [*java, *settings["vmargs"].split(), *options, "-cp", classes, CLASS, *own]
