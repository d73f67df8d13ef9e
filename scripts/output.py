"""Output that several commands share."""

from pathlib import Path

from serving.paths import ROOT


def report(what: str) -> None:
    """Print a line at once, also into a pipe."""
    print(what, flush=True)


def shown(path: Path) -> Path:
    """Return a path as it is typed in the repository's root."""
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
