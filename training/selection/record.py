"""Recorded results of a comparison: one file for each finished job."""

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from inference import files
from training.selection import conditions
from training.selection.jobs import Job, Result
from training.selection.training_images import TrainingImages

_ROOT = Path(__file__).parents[2]
_SOURCES = ("inference", "model", "training/data", "training/fit", "training/selection")  # code that computes results


@cache
def source_hash(root: Path = _ROOT) -> str:
    """Return a hash of the code that computes results. After a change of it, all results are computed again."""
    files = sorted(path for folder in _SOURCES for path in (root / folder).rglob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


Identity = dict[str, Any]


def cache_key(piece: Job, material: TrainingImages) -> Identity:
    """Return the identity of a job's result, as JSON."""
    known = {"piece": piece.name, "settings": piece.settings, "data": material.checksum}
    return {**known, "code": source_hash(), "versions": conditions.versions()}


@dataclass(frozen=True)
class Store:
    """Folder of results. Each file is replaced as a whole, so that several processes may share the folder."""

    folder: Path

    def load(self, identity: Identity) -> Result | None:
        """Return the result recorded for this identity, or None if there is none or its file is damaged."""
        try:
            content = orjson.loads(self._path(identity).read_bytes())
            result: Result | None = content["result"] if content["identity"] == identity else None
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return result

    def save(self, identity: Identity, result: Result) -> None:
        """Record a result. Raises OSError if the disk is full or the folder is read-only."""
        files.replace_json(self._path(identity), {"identity": identity, "result": result})

    def _path(self, identity: Identity) -> Path:
        """Return the path of a result: its job for readers, and a hash of its identity against stale results."""
        slug = re.sub(r"[^a-z0-9]+", "-", identity["piece"].lower()).strip("-")
        digest = hashlib.sha256(orjson.dumps(identity, option=orjson.OPT_SORT_KEYS)).hexdigest()
        return self.folder / f"{slug}.{digest[:12]}.json"
