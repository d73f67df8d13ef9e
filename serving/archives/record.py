"""Record of an archive: a signed file beside it that describes it, so that it need not be opened."""

import hashlib
import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import orjson

from inference import drift, files, samples
from inference.names import RULE, is_name
from serving import version as project
from serving.archives import formats, seal
from serving.archives.package import Package
from serving.errors import UserError
from serving.paths import HANDLER, MODEL_CONFIG, ROOT

_SHARED = ("inference", "handlers")
_MOST_BYTES = 64 << 10  # most bytes of a record; usual are about 400
_BUILDERS = (*sorted((ROOT / "serving" / "archives").glob("*.py")), ROOT / "serving" / "openapi" / "interface.py")
_LOCKS = {name: ROOT / "requirements" / f"{format_.requirements}.txt" for name, format_ in formats.FORMATS.items()}


@dataclass(frozen=True)
class Release:
    """Name, version and format of an archive to build.

    version  registered version
    format   one of ``formats.FORMATS``
    name     registered name; empty for that in the specification
    """

    version: str = field(default_factory=project.read)
    format: str = formats.DEFAULT
    name: str = ""

    def named(self, package: Package) -> str:
        """Return the name of the model. Raises UserError for one that no address can have."""
        name = self.name or package.spec.name
        if not is_name(name):
            raise UserError(f"the model's name {name!r:.80} is not {RULE}")
        return name


class Signature(NamedTuple):
    """Signature in base64, and the fingerprint of its key: the first 16 characters of the key's sha256."""

    key: str
    signature: str


@dataclass(frozen=True)
class Archive:
    """Archive on disk.

    sha256     of its bytes
    inputs     sha256 of everything that it was built from
    name       name of its model
    version    registered version
    signature  of its statement; None before it is signed
    """

    path: Path
    sha256: str
    inputs: str
    name: str
    version: str = field(default_factory=project.read)
    signature: Signature | None = None

    @property
    def statement(self) -> bytes:
        """Return the signed statement: this sha256 is this version of this model."""
        return f"archive {self.name} {self.version} sha256 {self.sha256}\n".encode()

    def record(self) -> bytes:
        """Return the bytes of the record."""
        content = {"name": self.name, "version": self.version, "sha256": self.sha256, "inputs": self.inputs}
        if self.signature:
            content |= self.signature._asdict()
        return json.dumps(content, indent=2).encode() + b"\n"


def record_path(archive: Path) -> Path:
    return archive.with_name(f"{archive.name}.json")


def recorded(archive: Path) -> Archive | None:
    """Return the archive at this path from its record; None if either is missing or they do not match.

    This does not mean that it may be served: see ``admission.admit``.
    """
    description = described(archive)
    with suppress(OSError):
        if description and sha256(files.read(archive, seal.MOST_ARCHIVE_BYTES)) == description.sha256:
            return description
    return None


def described(archive: Path) -> Archive | None:
    """Return the archive at this path from its record, without a check; None if the record is missing or unreadable.

    A record is unreadable if it is no regular file, is larger than 64 KiB, is no JSON object with the fields of a
    record, or has a field that is not printable text.
    """
    try:
        record = orjson.loads(files.read(record_path(archive), _MOST_BYTES))  # refuses deep nesting with a ValueError
        signature = Signature(record["key"], record["signature"]) if "key" in record else None
        content = {name: record[name] for name in ("sha256", "inputs", "name", "version")}
        texts = (*content.values(), *(signature or ()))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not all(isinstance(text, str) and text.isprintable() for text in texts):
        return None
    return Archive(archive, **content, signature=signature)


def inputs(package: Package, bundle: Path, release: Release) -> str:
    """Return one sha256 of everything that goes into an archive. If it changes, the archive is stale."""
    beside = [file for name in (drift.FILE, samples.FILE) if (file := bundle.with_name(name)).exists()]
    built_of = [bundle, *beside, MODEL_CONFIG, *_BUILDERS, _LOCKS[release.format], HANDLER]
    parts = [*((file.name, file.read_bytes()) for file in built_of), *sources(package).items()]
    return digest(f"{release.named(package)} {release.version} {release.format}", parts)


def digest(title: str, parts: Iterable[tuple[str, bytes]]) -> str:
    """Return one sha256 of a title and named contents."""
    lines = [title, *(f"{name} {sha256(content)}" for name, content in parts)]
    return sha256("".join(f"{line}\n" for line in lines).encode())


def sources(package: Package) -> dict[str, bytes]:
    """Return the code in an archive beside its handler, by name: the shared code, and the model's own."""
    return dict(sorted((shared() | {**package.files}).items()))


def shared() -> dict[str, bytes]:
    """Return the code that all archives contain beside their handler, by name."""
    files = {file for name in _SHARED for file in (ROOT / name).rglob("*.py")} - {HANDLER}
    return {file.relative_to(ROOT).as_posix(): file.read_bytes() for file in sorted(files)}


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
