"""Machine of the measurement: hardware, software and load."""

import platform
import re
import subprocess
import time
from importlib.metadata import version

import psutil

from training.selection.conditions import processor

_IDLE = 15.0  # percent of all cores that may be busy on an idle machine
_PACKAGES = ("torch", "numpy", "torchserve", "orjson")


def describe() -> dict[str, str]:
    """Return facts for the report. They do not identify the machine or its owner."""
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
    """Return the version that a program prints, whatever its exit status is."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return "not installed"
    match = re.search(r"\d+\.\d+(\.\d+)?", done.stdout + done.stderr)
    return match[0] if match else "unknown"


def wait_idle(patience: float) -> float:
    """Wait until the machine is idle, at most ``patience`` seconds. Return the busy share of the cores in percent."""
    deadline = time.monotonic() + patience
    look = min(1.0, patience) or None  # seconds; None compares with the call before
    while (busy := psutil.cpu_percent(interval=look)) > _IDLE and time.monotonic() < deadline:
        pass  # cpu_percent waits
    return busy
