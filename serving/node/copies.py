"""Names of the files of a model store that a node made: copies of archives, which it may delete."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from inference import files
from serving import state
from serving.archives import record

_FILE = "copies.json"


def read(directory: Path) -> frozenset[str]:
    """Return the copies that the node in a run folder made. Raises StateError if their list is damaged."""
    copies = state.read(directory / _FILE, _names, "remove it, and old copies of archives stay where they are")
    return copies or frozenset()


def remember(directory: Path, names: frozenset[str]) -> None:
    """Let ``read`` return these names."""
    if names != read(directory):
        files.replace_json(directory / _FILE, {"files": sorted(names)}, files.PRIVATE)


def delete(store: Path, names: Iterable[str]) -> None:
    """Delete copies, and the records beside them, from a model store."""
    for name in names:
        for path in (store / name, record.record_path(store / name)):
            path.unlink(missing_ok=True)


def check_names(names: Iterable[str]) -> None:
    """Raises ValueError for a name that no file in the model store can have."""
    if wrong := [name for name in names if name in ("", "..") or Path(name).name != name]:
        raise ValueError(f"{wrong[0]!r:.80} is no file of the model store")


def _names(content: dict[str, Any]) -> frozenset[str]:
    names = frozenset(content["files"])
    check_names(names)
    return names
