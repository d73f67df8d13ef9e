"""Deployment of a node: the archive of each model, its earlier archives, and its number of workers.

TorchServe starts with the main model; all other models were added to it. The node serves copies of archives in its
model store, from which alone TorchServe loads. The name of a copy is unique to its bytes, so a new build does not
change a running model, and restarts and rollbacks do not depend on builds. Files in the store that are no copies belong
to the user: they are never changed or deleted.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from inference import files
from inference.names import is_name
from serving import paths, state
from serving.archives import admission, record
from serving.archives.admission import RefusedError
from serving.archives.record import Archive
from serving.errors import UserError
from serving.node import copies
from serving.state import StateFile
from serving.torchserve import properties, registrations, server, settings
from serving.torchserve.server import Server

MOST_BEFORE = 10  # earlier archives that a node keeps for rollbacks
_VERSION = re.compile(r"[0-9A-Za-z._-]{1,32}")  # characters for a URL; the gateway allows the same


class DeploymentError(UserError):
    """A deployment that is impossible."""


@dataclass(frozen=True)
class Deployed:
    """Archive in the model store: names of its file and of its model, version, and sha256 of its bytes."""

    file: str
    version: str
    sha256: str
    name: str

    @classmethod
    def of(cls, archive: Archive, file: str) -> Self:
        return cls(file, archive.version, archive.sha256, archive.name)


@dataclass(frozen=True)
class Deployment:
    """Deployment of one model.

    current  archive for requests that name no version
    before   earlier archives, the oldest first; a rollback uses the last one
    workers  number of workers
    built    sha256 of the last archive that was adopted from the output of ``scripts/package``
    """

    current: Deployed
    before: tuple[Deployed, ...]
    workers: int
    built: str

    @property
    def name(self) -> str:
        """Return the name of the model."""
        return self.current.name

    def after(self, current: Deployed) -> Self:
        """Return this deployment with another current archive. The present one becomes the last of ``before``."""
        return replace(self, current=current, before=(*self.before, self.current)[-MOST_BEFORE:])

    def back(self) -> Self:
        """Return this deployment with the last archive of ``before``. Raises DeploymentError if there is none."""
        if not self.before:
            raise DeploymentError(f"nothing older than {self.current.version} is left: roll out another archive")
        return replace(self, current=self.before[-1], before=self.before[:-1])


_deployed = state.fields(Deployed)


def _deployment(content: dict[str, Any]) -> Deployment:
    """Parse a deployment. Raises KeyError, TypeError or ValueError for invalid content."""
    before = tuple(map(_deployed, content["before"]))
    deployment = Deployment(_deployed(content["current"]), before, content["workers"], content["built"])
    if not (isinstance(deployment.workers, int) and deployment.workers >= 1 and isinstance(deployment.built, str)):
        raise TypeError(f"workers is {deployment.workers!r:.80}, built is {deployment.built!r:.80}")
    every = (deployment.current, *before)
    copies.check_names(deployed.file for deployed in every)
    if names := [deployed.name for deployed in every if not is_name(deployed.name)]:
        raise ValueError(f"{names[0]!r:.80} is not a model name")
    return deployment


def _deployments(content: dict[str, Any]) -> dict[str, Deployment]:
    return {item.name: item for item in map(_deployment, content["models"])}


_MAIN = StateFile("deployment.json", _deployment, f"remove it to serve the archive of {properties.FILE.name} again")
_ADDED = StateFile("models.json", _deployments, "remove it, and add the models again")


def store(directory: Path) -> Path:
    """Return the model store of a run folder: the repository's for .run, a folder inside for any other."""
    if directory.resolve() == paths.RUN.resolve():
        return paths.STORE
    return directory.resolve() / paths.STORE.name


def read(directory: Path, name: str = "") -> Deployment | None:
    """Return the deployment of a model, by default of the main one; None if there is none. Raises StateError."""
    main = _MAIN.read(directory)
    return main if not name or (main and main.name == name) else added(directory).get(name)


def added(directory: Path) -> dict[str, Deployment]:
    """Return the added models by name, in the order in which they were added. Raises StateError."""
    return _ADDED.read(directory) or {}


def write(directory: Path, deployment: Deployment) -> None:
    """Save the deployment of the main or an added model, and delete copies that no rollback needs."""
    further = added(directory)
    if deployment.name in further:
        _write_added(directory, further | {deployment.name: deployment})
    else:
        _MAIN.write(directory, deployment)
    tidy(directory)


def add(directory: Path, archive: Archive) -> Deployment:
    """Add a model, which the node serves from its next start on. Raises the errors of ``prepare``."""
    made = prepare(directory, archive)
    include(directory, made)
    return made


def prepare(directory: Path, archive: Archive) -> Deployment:
    """Copy the archive of another model to the model store; return its deployment with one worker.

    Raises DeploymentError if the node serves a model of this name, and the errors of ``add_to_store``.
    """
    if present := read(directory, archive.name):
        name = f"{archive.name} {present.current.version}"
        raise DeploymentError(f"{name} is served already: scripts/rollout serves another version")
    return Deployment(add_to_store(directory, archive), (), 1, archive.sha256)


def include(directory: Path, deployment: Deployment) -> None:
    """Save the deployment of an added model."""
    _write_added(directory, added(directory) | {deployment.name: deployment})


def demote(directory: Path) -> None:
    """Turn the main model into an added one, so that ``adopt_build`` can make another model the main one."""
    if main := read(directory):
        _write_added(directory, {main.name: main} | added(directory))


def remove(directory: Path, name: str) -> None:
    """Remove an added model, and delete the copies of its archives."""
    _write_added(directory, {other: entry for other, entry in added(directory).items() if other != name})
    tidy(directory)


def tidy(directory: Path) -> None:
    """Delete the copies of archives that no deployment names."""
    main, made = read(directory), copies.read(directory)
    every = [*([main] if main else []), *added(directory).values()]
    named = {deployed.file for entry in every for deployed in (entry.current, *entry.before)}
    copies.delete(store(directory), made - named)
    copies.remember(directory, made & named)


def check_version(version: str) -> None:
    """Check that a URL can name this version. Raises DeploymentError."""
    if not _VERSION.fullmatch(version):
        raise DeploymentError(f"version {version!r} is not 1 to 32 of A-Z a-z 0-9 . _ -")


def check(archive: Archive) -> None:
    """Raises DeploymentError if no address can name its version, or if every archive is registered under its name."""
    check_version(archive.version)
    if registrations.is_further(archive.name):
        raise DeploymentError(f"{archive.name} is registered for every model: package this one under another --name")


def add_to_store(directory: Path, archive: Archive) -> Deployed:
    """Copy an archive to the node's model store, under a name made of its model, its version and its sha256.

    Raises RefusedError if it may not be served, and DeploymentError as ``check`` does, or if there is another file
    under that name, which this module did not make.
    """
    check(archive)
    content = archive.path.read_bytes()
    deployed = Deployed.of(archive, f"{archive.name}-{archive.version}-{archive.sha256[:12]}.mar")
    target, made = store(directory) / deployed.file, copies.read(directory)
    if deployed.file not in made and target.exists():
        return _there(directory, deployed)
    files.make_folder(target.parent, files.PRIVATE_FOLDER)
    copies.remember(directory, made | {deployed.file})  # first, because a copy that is not in the list is never deleted
    files.replace(target, content)
    files.replace(record.record_path(target), archive.record())
    try:
        load_from_store(directory, deployed)
    except RefusedError:
        tidy(directory)
        raise
    return deployed


def load_from_store(directory: Path, deployed: Deployed) -> Archive:
    """Return an archive of the model store. Raises RefusedError if it is missing, or differs from the deployed one."""
    archive = admission.admit(store(directory) / deployed.file)
    if archive.sha256 != deployed.sha256:
        raise RefusedError(f"{deployed.file} is not the deployed archive")
    return archive


def served(directory: Path) -> Path:
    """Return the archive that the server in a run folder serves: the deployed one, or else that of its start."""
    started, deployment = properties.read(directory / "config.properties"), read(directory)
    return Path(started["model_store"]) / (deployment.current.file if deployment else started["load_models"])


def adopt_build(directory: Path, built: Archive) -> Deployment:
    """Deploy an archive if it was built since the last call; otherwise change nothing."""
    deployment = read(directory)
    if deployment and deployment.built == built.sha256:
        return deployment
    if built.name in added(directory):  # the main model replaces the added one
        remove(directory, built.name)
    current = add_to_store(directory, built)
    if deployment is None or deployment.current.name != current.name:  # a rollback never changes the model
        workers = int(settings.read(directory)["default_workers_per_model"])
        renewed = Deployment(current, (), workers, built.sha256)
    elif deployment.current == current:
        renewed = replace(deployment, built=built.sha256)
    else:
        renewed = replace(deployment.after(current), built=built.sha256)
    write(directory, renewed)
    return renewed


def start_deployed(directory: Path, overrides: dict[str, str] | None = None, behind_gateway: bool = False) -> Server:
    """Start the server with the deployed archive and its workers. At first, deploy the archive of the settings.

    Returns at once. Raises the errors of ``server.start``.
    """
    deployment = read(directory)
    if deployment is None:
        archive = properties.archive(settings.read(directory) | (overrides or {}))
        deployment = adopt_build(directory, admission.admit(archive))
    workers = {"default_workers_per_model": str(deployment.workers)}
    own = {key: value for key, value in (overrides or {}).items() if key not in ("model_store", "load_models")}
    return server.start(directory, load_from_store(directory, deployment.current), workers | own, behind_gateway)


def _write_added(directory: Path, models: Mapping[str, Deployment]) -> None:
    _ADDED.write(directory, {"models": list(models.values())})


def _there(directory: Path, deployed: Deployed) -> Deployed:
    """Check that a user's file with the name of a copy has its bytes. Raises DeploymentError."""
    try:
        load_from_store(directory, deployed)
    except RefusedError as error:
        file = store(directory) / deployed.file
        raise DeploymentError(f"{file} exists but is not a copy of this archive: move it ({error})") from error
    return deployed
