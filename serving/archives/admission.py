"""Who may be served: archives that are whole, sealed and signed by a key that this machine trusts."""

from pathlib import Path

from serving.archives import record, seal, signing
from serving.archives.record import Archive
from serving.archives.seal import SealError
from serving.archives.signing import UntrustedError
from serving.paths import NAME

_BUILD = "build it with scripts/package.py"


class RefusedError(Exception):
    """An archive that must not be loaded, and why not."""


def admit(path: Path) -> Archive:
    """The archive at this path, if it may be started or registered. Ask right before that: files can change.

    Raises RefusedError if it is not there, not as its record beside it describes it, not sealed, of another name or
    version than was signed, or not signed by a trusted key.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RefusedError(f"there is no archive {path}: {_BUILD}") from error
    archive = record.described(path)
    if archive is None:
        raise RefusedError(f"{path.name} has no record beside it that can be read: {_BUILD}")
    if record.sha256(content) != archive.sha256:
        raise RefusedError(f"{path.name} was altered after it was built: its sha256 is not the recorded one")
    try:
        _check(archive, content)
    except (UntrustedError, SealError) as error:
        raise RefusedError(f"{path.name} is refused: {error}") from error
    return archive


def _check(archive: Archive, content: bytes) -> None:
    if archive.signature is None:
        raise UntrustedError(f"it is not signed: {_BUILD}")
    signing.verify(archive.statement, archive.signature)
    told = seal.manifest(seal.opened(content))
    found = told.get("modelName"), told.get("modelVersion")
    if found != (NAME, archive.version):
        raise SealError(f"it holds {found[0]} {found[1]}, and {NAME} {archive.version} was signed")
