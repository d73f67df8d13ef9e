"""Conditions of a comparison, for its report."""

import os
import platform
import re
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

_PACKAGES = ("torch", "numpy", "scikit-learn")


@dataclass(frozen=True)
class Conditions:
    """Conditions of a comparison.

    command  command that makes the report
    source   description of the images
    jobs     number of jobs at once, each on one thread
    """

    command: str
    source: str
    jobs: int

    @property
    def machine(self) -> str:
        """Return a description of the machine, without its name or its owner."""
        packages = ", ".join(f"{name} {version}" for name, version in versions().items())
        at_once = "one piece at a time" if self.jobs == 1 else f"{self.jobs} pieces at a time"
        return f"{processor()}, {os.cpu_count()} cores; {at_once}, each on one thread; {packages}"


def processor() -> str:
    """Return the name of the processor, or its architecture if the name is unknown."""
    try:
        match = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        match = None
    return match[1] if match else platform.machine()


def versions() -> dict[str, str]:
    return {"Python": platform.python_version()} | {package: version(package) for package in _PACKAGES}
