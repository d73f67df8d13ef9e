"""Results so far, on disk: one file for each finished job."""

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
_SOURCES = ("inference", "model", "training/data", "training/fit", "training/selection")  # what computes results


@cache
def source_hash(root: Path = _ROOT) -> str:
    """Hash of the code that computes results: each change of it starts anew."""
    files = sorted(path for folder in _SOURCES for path in (root / folder).rglob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


Identity = dict[str, Any]


def cache_key(piece: Job, material: TrainingImages) -> Identity:
    """Return the cache key of this job's result; JSON."""
    known = {"piece": piece.name, "settings": piece.settings, "data": material.checksum}
    return {**known, "code": source_hash(), "versions": conditions.versions()}


@dataclass(frozen=True)
class Store:
    """A folder of results. Each file is written whole or not at all, so several processes may share it."""

    folder: Path

    def load(self, identity: Identity) -> Result | None:
        """The result that was recorded for exactly this identity; None if there is none, or its file is damaged."""
        try:
            content = orjson.loads(self._path(identity).read_bytes())
        except (OSError, ValueError):
            return None
        if not isinstance(content, dict) or content.get("identity") != identity:
            return None
        result: Result = content["result"]
        return result

    def save(self, identity: Identity, result: Result) -> None:
        """Raises OSError if there is no room or no permission."""
        files.replace_json(self._path(identity), {"identity": identity, "result": result})

    def _path(self, identity: Identity) -> Path:
        """Named for people by the piece, and for stale results to keep out of the way by the whole identity."""
        slug = re.sub(r"[^a-z0-9]+", "-", identity["piece"].lower()).strip("-")
        digest = hashlib.sha256(orjson.dumps(identity, option=orjson.OPT_SORT_KEYS)).hexdigest()
        return self.folder / f"{slug}.{digest[:12]}.json"
