"""Settings of a build or a container that follow from the machine that tests run on."""

import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

COLD = "--set=warm_up_seconds=0"  # the warm-up would take as much CPU time as the rest of a start
_LIMITS = {"nofile": resource.RLIMIT_NOFILE, "nproc": resource.RLIMIT_NPROC}
_ENOUGH = 4096  # open files, processes
_CERTIFICATES = Path("/etc/ssl/certs")
_HYBRID = Path("/sys/fs/cgroup/unified")  # both versions of cgroups at once, which crun refuses


def settings() -> str:
    """Return containers.conf: limits that this process may set, and a runtime that supports this machine's cgroups."""
    ulimits = ", ".join(f'"{name}={most}:{most}"' for name, most in limits().items())
    runtime = 'runtime = "runc"' if _HYBRID.exists() and shutil.which("runc") else ""
    return f"[containers]\ndefault_ulimits = [{ulimits}]\n[engine]\n{runtime}\n"


def limits() -> dict[str, int]:
    """Return the limits that this process may set, by the names of ulimit."""
    return {name: _limit(resource.getrlimit(kind)[1]) for name, kind in _LIMITS.items()}


def _limit(allowed: int) -> int:
    return _ENOUGH if allowed == resource.RLIM_INFINITY else min(allowed, _ENOUGH)


def mounts() -> Iterator[str]:
    """Yield options that give a build pip's settings on this machine and the files that they name."""
    pip = [sys.executable, "-m", "pip", "config"]
    shown = [
        subprocess.run([*pip, verb], capture_output=True, text=True, check=False, timeout=60).stdout
        for verb in ("debug", "list")
    ]
    files = re.findall(r"^\s+(/\S+), exists: True$", shown[0], re.MULTILINE)
    named = {Path(name) for name in re.findall(r"(?<![\w:/])(?:file://)?(/[^\s'\"]+)", shown[1])}
    folders = {Path(*path.parts[:3]) for path in named if path.is_dir()}
    for path in sorted({*map(Path, files), *(path for path in named if path.is_file()), *folders, _CERTIFICATES}):
        if path.exists():
            yield f"--volume={path}:{path}:ro"
