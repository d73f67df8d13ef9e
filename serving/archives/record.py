"""What is known of an archive without opening it: the record beside it, which is signed."""

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path

from model import reference
from serving.archives import formats, signing
from serving.archives.signing import Signature
from serving.paths import HANDLER, MODEL_CONFIG, NAME, ROOT

_PACKAGES = ("model", "handlers")
_BUILDERS = tuple(
    ROOT / "serving" / "archives" / f"{name}.py" for name in ("archive", "conversion", "exported", "onnx_graph", "seal")
)
_LOCKS = {name: ROOT / "requirements" / f"{format_.requirements}.txt" for name, format_ in formats.FORMATS.items()}


@dataclass(frozen=True)
class Release:
    """What a bundle is packed as: the version it registers under, and one of ``formats.FORMATS``."""

    version: str = "1.0"
    format: str = formats.DEFAULT


@dataclass(frozen=True)
class Archive:
    """An archive on disk.

    sha256     of its bytes
    inputs     the sha256 of all that it was built from
    version    that it registers as
    signature  of its statement; None before it is signed
    """

    path: Path
    sha256: str
    inputs: str
    version: str = Release.version
    signature: Signature | None = None

    @property
    def statement(self) -> bytes:
        """What is signed: that these bytes are this version of this model."""
        return f"archive {NAME} {self.version} sha256 {self.sha256}\n".encode()

    def signed(self) -> "Archive":
        """The same with this machine's signature. Raises SigningError."""
        return replace(self, signature=signing.sign(self.statement))

    def record(self) -> bytes:
        """The bytes of the record beside the archive."""
        content = {"name": NAME, "version": self.version, "sha256": self.sha256, "inputs": self.inputs}
        if self.signature:
            content |= self.signature._asdict()
        return json.dumps(content, indent=2).encode() + b"\n"


def record_path(archive: Path) -> Path:
    return archive.with_name(f"{archive.name}.json")


def recorded(archive: Path) -> Archive | None:
    """The archive at this path as its record describes it; None if either is missing or they do not match.

    Whether it may be served is ``admission.admit``'s to say.
    """
    found = described(archive)
    try:
        return found if found and sha256(archive.read_bytes()) == found.sha256 else None
    except FileNotFoundError:
        return None


def described(archive: Path) -> Archive | None:
    """What the record says of the archive at this path, true or not; None if it is missing or cannot be read."""
    try:
        record = json.loads(record_path(archive).read_text())
        signature = Signature(record["key"], record["signature"]) if "key" in record else None
        told = (record["sha256"], record["inputs"], record["version"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    texts = (*told, *(signature or ()))
    return Archive(archive, *told, signature) if all(isinstance(text, str) for text in texts) else None


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
