"""Machine of the measurement: hardware, software and load."""

import platform
import re
import subprocess
import time
from importlib.metadata import version

import psutil

from training.selection.conditions import processor

_IDLE = 15.0  # percent of all cores that may be busy before a server is measured
_PACKAGES = ("torch", "numpy", "torchserve", "orjson")


def describe() -> dict[str, str]:
    """Facts for the report; nothing that names the machine or its owner."""
    return {
        "processor": processor(),
        "cores": str(psutil.cpu_count()),
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "system": platform.freedesktop_os_release().get("PRETTY_NAME", platform.system()),
        "kernel": platform.release().partition("-")[0],
        "Python": platform.python_version(),
    }


def versions() -> dict[str, str]:
    """Return the versions of the tools and libraries."""
    tools = {"wrk": program_version("wrk", "--version"), "HAProxy": program_version("haproxy", "-v")}
    return tools | {package: version(package) for package in _PACKAGES}


def program_version(*command: str) -> str:
    """Return the version that a program prints; some exit with status 1."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return "not installed"
    match = re.search(r"\d+\.\d+(\.\d+)?", done.stdout + done.stderr)
    return match[0] if match else "unknown"


def wait_idle(patience: float) -> float:
    """Return once the machine is idle, or after ``patience`` seconds: the percentage that is busy."""
    deadline = time.monotonic() + patience
    look = min(1.0, patience) or None  # seconds; none at all compares with the look before
    while (busy := psutil.cpu_percent(interval=look)) > _IDLE and time.monotonic() < deadline:
        pass  # each look takes its time
    return busy
