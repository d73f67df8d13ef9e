"""The results so far, on disk: one file for each finished piece."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import orjson

from inference import files
from training.selection.identity import Identity
from training.selection.job import Result


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
