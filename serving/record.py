"""What is known of an archive without opening it: the record beside it."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from model import reference
from serving import formats
from serving.paths import HANDLER, MODEL_CONFIG, NAME, ROOT

_PACKAGES = ("model", "handlers")
_BUILDERS = tuple(ROOT / "serving" / f"{name}.py" for name in ("archive", "conversion", "exported", "onnx_graph"))
_LOCKS = {name: ROOT / "requirements" / f"{format_.requirements}.txt" for name, format_ in formats.FORMATS.items()}


@dataclass(frozen=True)
class Release:
    """What a bundle is packed as: the version it registers under, and one of ``formats.FORMATS``."""

    version: str = "1.0"
    format: str = formats.DEFAULT


@dataclass(frozen=True)
class Archive:
    """An archive on disk, the sha256 of its bytes, and the sha256 of all that it was built from."""

    path: Path
    sha256: str
    inputs: str

    def record(self) -> bytes:
        """The bytes of the record beside the archive."""
        return json.dumps({"sha256": self.sha256, "inputs": self.inputs}, indent=2).encode() + b"\n"


def record_path(archive: Path) -> Path:
    return archive.with_name(f"{archive.name}.json")


def recorded(archive: Path) -> Archive | None:
    """The archive at this path as its record describes it; None if either is missing or they do not match."""
    try:
        record = json.loads(record_path(archive).read_text())
        found = Archive(archive, record["sha256"], record["inputs"])
        return found if sha256(archive.read_bytes()) == found.sha256 else None
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def stated(archive: Path) -> str | None:
    """The sha256 that the record beside an archive states, without reading the archive; None if there is no record."""
    try:
        found: str = json.loads(record_path(archive).read_text())["sha256"]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    return found


def inputs(bundle: Path, release: Release) -> str:
    """One sha256 over everything that goes into an archive: when it changes, the archive is stale."""
    digest = hashlib.sha256(f"{NAME} {release.version} {release.format}\n".encode())
    measured = [file] if (file := bundle.with_name(reference.FILE)).exists() else []
    for file in [bundle, *measured, MODEL_CONFIG, *_BUILDERS, _LOCKS[release.format], *sources(), HANDLER]:
        digest.update(f"{file.name} {sha256(file.read_bytes())}\n".encode())
    return digest.hexdigest()


def sources() -> list[Path]:
    """The Python files that an archive holds beside its handler."""
    found = {file for package in _PACKAGES for file in (ROOT / package).rglob("*.py")}
    return sorted(found - {HANDLER})


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
