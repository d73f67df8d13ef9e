"""The user's models for scripts/up: archives, and folders with a model.toml, which are packaged first."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.output import report, shown
from scripts.threads import wait_asleep
from serving import paths, version
from serving.archives import admission
from serving.archives.admission import RefusedError
from serving.archives.record import Archive
from serving.changes import models as changes
from serving.declared.errors import DeclarationError
from serving.errors import UserError
from serving.gateway import gateway
from serving.node import copies, deployment
from serving.torchserve import server

if TYPE_CHECKING:
    from serving.declared.folder import Declared

_DECLARATION = "model.toml"


def archives(named: Path, directory: Path) -> list[Archive]:
    """Return the archives in a folder and those of its model folders. Package models whose archive is not current.

    named      folder with archives or model folders, or a model folder itself
    directory  run folder; its own copies of archives are skipped

    Raises UserError if there is no model, or two have the same name, and the errors of packaging.
    """
    if not named.is_dir():
        raise UserError(f"{named} is not a folder: --models needs a folder with archives (.mar) or model folders")
    made = copies.read(directory) if named.resolve() == deployment.store(directory).resolve() else frozenset()
    packed = [path for path in sorted(named.glob("*.mar")) if path.name not in made]
    folders = sorted(path.parent for pattern in (_DECLARATION, f"*/{_DECLARATION}") for path in named.glob(pattern))
    if not packed and not folders:
        raise UserError(
            f"{named} has no archive (.mar) and no folder with a {_DECLARATION}: scripts/package --init writes one"
        )
    declared = _read(folders)
    by_name: dict[str, Archive] = {}
    for archive in (*map(admission.admit, packed), *map(packaged, declared)):
        deployment.check(archive)
        if archive.name in by_name and by_name[archive.name].sha256 != archive.sha256:
            raise UserError(
                f"{by_name[archive.name].path} and {archive.path} are both called {archive.name}: leave one"
            )
        by_name[archive.name] = archive
    return list(by_name.values())


def packaged(stated: "Declared") -> Archive:
    """Return the archive of a declared model, built unless it is up to date. Raises DeclarationError."""
    from serving.archives import signing
    from serving.declared import build, resolution, staleness

    wait_asleep()
    with _naming(stated.folder):
        path = paths.archive(stated.name)
        with suppress(RefusedError):
            present = admission.admit(path)
            if present.inputs == staleness.inputs(stated, present.version, None):
                return present
        report(f"packaging {stated.folder} as {shown(path)}")
        signing.check_key()
        return build.build(resolution.resolve(stated), path, version.read())


def _read(folders: Sequence[Path]) -> "list[Declared]":
    """Read declarations. Raises UserError for two of one name: the archive of one would replace the other's."""
    from serving.declared import folder

    by_name: dict[str, Declared] = {}
    for own in folders:
        with _naming(own):
            stated = folder.read(own)
        if other := by_name.get(stated.name):
            raise UserError(f"{other.folder} and {own} are both called {stated.name}: leave one")
        by_name[stated.name] = stated
    return list(by_name.values())


@contextmanager
def _naming(own: Path) -> Iterator[None]:
    """Add the folder to the message of a DeclarationError."""
    try:
        yield
    except DeclarationError as error:
        raise DeclarationError(f"{own} cannot be packaged: {error}") from error


def deploy(directory: Path, own: Sequence[Archive]) -> None:
    """Deploy archives on a stopped node, for its next start. The first becomes the main model if there is none."""
    for archive in own:
        present = deployment.read(directory, archive.name)
        if deployment.read(directory) is None:
            deployment.adopt_build(directory, archive)
        elif present is None:
            deployment.add(directory, archive)
        elif archive.sha256 not in (present.built, present.current.sha256):
            report(f"{archive.path.name} was rebuilt: it replaces version {present.current.version}")
            current = deployment.add_to_store(directory, archive)
            deployment.write(directory, replace(present.after(current), built=archive.sha256))


def add(directory: Path, own: Sequence[Archive]) -> None:
    """Add archives that a running node does not serve yet. Raises the errors of ``changes.add``."""
    running, door = server.find_running(directory), gateway.find_running(directory)
    for archive in own:
        present = deployment.read(directory, archive.name)
        if present is None:
            changes.add(directory, archive, running, door, report)
        elif archive.sha256 not in (present.built, present.current.sha256):
            report(f"{archive.path.name} was rebuilt; scripts/rollout {shown(archive.path)} serves it")
