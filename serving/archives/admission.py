"""Admission of archives: only complete and sealed archives are served, signed by a key that this machine trusts."""

from pathlib import Path

from inference import files
from serving.archives import record, seal
from serving.archives.record import Archive
from serving.archives.seal import SealError
from serving.errors import UserError

_BUILD = "build it with scripts/package"


class RefusedError(UserError):
    """Error about an archive that must not be loaded, with the reason."""


def admit(path: Path) -> Archive:
    """Return the archive at this path, if it may be loaded. Call this right before loading, because files can change.

    Raises RefusedError if it is missing, too large or not sealed, if its record does not match, if it has another name
    or version than was signed, or if no trusted key signed it.
    """
    content = _read(path)
    archive = record.described(path)
    if archive is None:
        raise RefusedError(f"{path.name} has no readable record beside it: {_BUILD}")
    if record.sha256(content) != archive.sha256:
        raise RefusedError(f"{path.name} was altered: its sha256 differs from the record: {_BUILD}")
    try:
        _check(archive, content)
    except UserError as error:
        raise RefusedError(f"{path.name} is refused: {error}") from error
    return archive


def _read(path: Path) -> bytes:
    try:
        return files.read(path, seal.MOST_ARCHIVE_BYTES)
    except FileNotFoundError as error:
        raise RefusedError(f"there is no archive {path}: {_BUILD}") from error
    except OSError as error:
        raise RefusedError(f"{path.name} cannot be read ({error}): {_BUILD}") from error


def _check(archive: Archive, content: bytes) -> None:
    from serving.archives import signing  # noqa: PLC0415 - slow to import, and most commands do not need it

    if archive.signature is None:
        raise SealError(f"it is not signed: {_BUILD}")
    signing.verify(archive.statement, archive.signature)
    manifest = seal.manifest(seal.opened(content))
    name, version = manifest.get("modelName"), manifest.get("modelVersion")
    if (name, version) != (archive.name, archive.version):
        raise SealError(f"it holds {name} {version}, and {archive.name} {archive.version} was signed")
