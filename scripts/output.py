"""Output and priority that several commands share."""

import os
from pathlib import Path

from serving.paths import ROOT

NICE = 10  # of what runs beside a server: requests use the cores first


def lower_priority() -> None:
    """Lower the priority of this process, and of those that it starts.

    numpy must not be imported yet: the threads of its BLAS would spin at first, and a command multiplies nothing large.
    """
    os.nice(NICE)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def report(what: str) -> None:
    """Print a line at once, also into a pipe."""
    print(what, flush=True)


def shown(path: Path) -> Path:
    """Return a path as it is typed in the repository's root."""
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
