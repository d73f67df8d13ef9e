"""List of the archives that a node copied to its model store. The node may delete these copies."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from serving.archives import record
from serving.state import StateFile


def check_names(names: Iterable[str]) -> None:
    """Check that each name can be a file in the model store. Raises ValueError."""
    if wrong := [name for name in names if name in ("", "..") or Path(name).name != name]:
        raise ValueError(f"{wrong[0]!r:.80} is not in the model store")


def _names(content: dict[str, Any]) -> frozenset[str]:
    names = frozenset(content["files"])
    check_names(names)
    return names


_FILE = StateFile("copies.json", _names, "remove it, and old copies of archives stay where they are")


def read(directory: Path) -> frozenset[str]:
    """Return the file names of the copies of a node. Raises StateError if the list is damaged."""
    return _FILE.read(directory) or frozenset()


def remember(directory: Path, names: frozenset[str]) -> None:
    """Write the list of copies, for ``read``."""
    if names != read(directory):
        _FILE.write(directory, {"files": sorted(names)})


def delete(store: Path, names: Iterable[str]) -> None:
    """Delete copies and their records from a model store."""
    for name in names:
        for path in (store / name, record.record_path(store / name)):
            path.unlink(missing_ok=True)
