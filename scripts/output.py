"""Output and priority, shared by several commands."""

import os
from pathlib import Path

from serving.paths import ROOT

NICE = 10  # niceness of commands beside a server, so that requests use the cores first


def lower_priority() -> None:
    """Lower the priority of this process and its children.

    numpy must not be imported yet, because the threads of its BLAS spin at first. No command needs them.
    """
    os.nice(NICE)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def report(what: str) -> None:
    """Print a line at once, also into a pipe."""
    print(what, flush=True)


def shown(path: Path) -> Path:
    """Return a path relative to the root of the repository."""
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
