"""The user's models for scripts/up: archives, and folders with a model.toml, which are packaged first."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

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

_DECLARATION = "model.toml"


def archives(named: Path, directory: Path) -> list[Archive]:
    """Return the archives in a folder and those of its model folders. Package models whose archive is not current.

    named      folder with archives or model folders, or a model folder itself
    directory  run folder; its own copies of archives are skipped

    Raises UserError if there is no model, or two have the same name, and the errors of packaging.
    """
    if not named.is_dir():
        raise UserError(f"{named} is not a folder: --models takes one with archives (.mar), or with folders of models")
    made = copies.read(directory) if named.resolve() == deployment.store(directory).resolve() else frozenset()
    packed = [path for path in sorted(named.glob("*.mar")) if path.name not in made]
    folders = sorted(path.parent for pattern in (_DECLARATION, f"*/{_DECLARATION}") for path in named.glob(pattern))
    if not packed and not folders:
        raise UserError(
            f"{named} has no archive (.mar) and no folder with a {_DECLARATION}: scripts/package --init writes one"
        )
    _check_names(folders)
    by_name: dict[str, Archive] = {}
    for archive in (*map(admission.admit, packed), *map(packaged, folders)):
        if archive.name in by_name and by_name[archive.name].sha256 != archive.sha256:
            raise UserError(
                f"{by_name[archive.name].path} and {archive.path} are both called {archive.name}: leave one"
            )
        by_name[archive.name] = archive
    return list(by_name.values())


def packaged(own: Path) -> Archive:
    """Return the archive of a model folder. Build it if it is not up to date. Raises DeclarationError."""
    from serving.declared import build, folder, resolution, staleness

    wait_asleep()
    with _naming(own):
        stated = folder.read(own)
        path = paths.archive(stated.name)
        with suppress(RefusedError):
            present = admission.admit(path)
            if present.inputs == staleness.inputs(stated, present.version, None):
                return present
        report(f"packaging {own} as {shown(path)}")
        return build.build(resolution.resolve(stated), path, version.read())


def _check_names(folders: Sequence[Path]) -> None:
    """Refuse two folders with the same name, because one archive would replace the other. Raises UserError."""
    from serving.declared import folder

    by_name: dict[str, Path] = {}
    for own in folders:
        with _naming(own):
            name = folder.read(own).name
        if by_name.setdefault(name, own) != own:
            raise UserError(f"{by_name[name]} and {own} are both called {name}: leave one")


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
    running, door = server.find(directory), gateway.find(directory)
    for archive in own:
        present = deployment.read(directory, archive.name)
        if present is None:
            changes.add(directory, archive, running, door if door and door.running else None, report)
        elif archive.sha256 not in (present.built, present.current.sha256):
            report(f"{archive.path.name} was rebuilt; scripts/rollout {shown(archive.path)} serves it")
