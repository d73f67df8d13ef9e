"""Deployment of a node: each model's archive, the ones before it, and the number of workers.

One model is the node's main one, with which TorchServe starts; others were added to it.

TorchServe loads archives from the node's model store and from nowhere else. What is served is a copy there, under a
name that no other bytes will ever have. So what is built anew changes nothing that runs, and neither a restart nor a
rollback depends on it. A file that is no such copy belongs to its user: it is never changed or deleted.
"""

import fcntl
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
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
from serving.torchserve import properties, registrations, server, settings
from serving.torchserve.server import Server
from serving.waiting import within

_BRIEF_SECONDS = 1.0  # the supervisor changes a node for moments: it starts an explainer
MOST_BEFORE = 10  # archives that a node can go back through
_FILE, _ADDED, _LOCK = "deployment.json", "models.json", "deployment.lock"
Report = Callable[[str], object]
_VERSION = re.compile(r"[0-9A-Za-z._-]{1,32}")  # what can stand in an address; the gateway lets the same through


class DeploymentError(UserError):
    """A deployment that is impossible, or impossible now."""


@dataclass(frozen=True)
class Deployed:
    """An archive in the model store: its file's name, its version, the sha256 of its bytes, and its model's name."""

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

    current  what requests that name no version get
    before   what they got before, the oldest first; a rollback goes to the last
    workers  how many answer them
    built    the sha256 of the archive that was last taken from where ``scripts/package`` builds it
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
        """The same with another archive; the present one becomes the last one before it."""
        return replace(self, current=current, before=(*self.before, self.current)[-MOST_BEFORE:])

    def back(self) -> Self:
        """The same with the last archive before this one. Raises DeploymentError if there is none."""
        if not self.before:
            raise DeploymentError(f"nothing older than {self.current.version} is left: roll out another archive")
        return replace(self, current=self.before[-1], before=self.before[:-1])


def store(directory: Path) -> Path:
    """Return the model store of the node in a run folder: the repository's for .run, a folder of its own for others."""
    if directory.resolve() == paths.RUN.resolve():
        return paths.STORE
    return directory.resolve() / paths.STORE.name


def read(directory: Path, name: str = "") -> Deployment | None:
    """Return what the node serves of a model, of the main one if no name is given; None if it does not serve it.

    Raises StateError if the file that says so is damaged.
    """
    main = state.read(directory / _FILE, _deployment, f"remove it to serve the archive of {properties.FILE.name} again")
    return main if not name or (main and main.name == name) else added(directory).get(name)


def added(directory: Path) -> dict[str, Deployment]:
    """Return the models that were added to the main one, by name, the first one first. Raises StateError."""
    return state.read(directory / _ADDED, _deployments, "remove it, and add the models again") or {}


def write(directory: Path, deployment: Deployment) -> None:
    """Remember it, of the main model or of one that was added, and delete copies that are no way back."""
    further = added(directory)
    if deployment.name in further:
        _write_added(directory, further | {deployment.name: deployment})
    else:
        files.replace_json(directory / _FILE, asdict(deployment), files.PRIVATE)
    tidy(directory)


def add(directory: Path, archive: Archive) -> Deployment:
    """Let the node serve another model from its next start on. Raises what ``prepare`` raises."""
    made = prepare(directory, archive)
    include(directory, made)
    return made


def prepare(directory: Path, archive: Archive) -> Deployment:
    """Copy the archive of another model to the model store; return its deployment, by one worker.

    Raises DeploymentError if the node serves a model of this name, and what ``keep`` raises.
    """
    if present := read(directory, archive.name):
        name = f"{archive.name} {present.current.version}"
        raise DeploymentError(f"{name} is served already: scripts/rollout serves another version")
    return Deployment(add_to_store(directory, archive), (), 1, archive.sha256)


def include(directory: Path, deployment: Deployment) -> None:
    """Remember a model that is added."""
    _write_added(directory, added(directory) | {deployment.name: deployment})


def demote(directory: Path) -> None:
    """Serve the main model as one that was added, for ``renew`` to put another in its place."""
    if main := read(directory):
        _write_added(directory, {main.name: main} | added(directory))


def remove(directory: Path, name: str) -> None:
    """Forget a model that was added, and delete the copies of its archives."""
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
    """Raises DeploymentError if no address can name this version."""
    if not _VERSION.fullmatch(version):
        raise DeploymentError(f"version {version!r} is not 1 to 32 of A-Z a-z 0-9 . _ -")


def add_to_store(directory: Path, archive: Archive) -> Deployed:
    """Copy an archive to the node's model store, under a name of its model, its version and its bytes.

    Raises RefusedError if it may not be served, and DeploymentError if no address can name its version, if its model's
    name is one that every archive is registered under, or if there is another file under that name, which this module
    did not make.
    """
    check_version(archive.version)
    if registrations.is_further(archive.name):
        raise DeploymentError(f"{archive.name} is registered for every model: package this one under another --name")
    content = archive.path.read_bytes()
    deployed = Deployed.of(archive, f"{archive.name}-{archive.version}-{archive.sha256[:12]}.mar")
    target, made = store(directory) / deployed.file, copies.read(directory)
    if deployed.file not in made and target.exists():
        return _there(directory, deployed)
    files.make_folder(target.parent, files.PRIVATE_FOLDER)
    copies.remember(directory, made | {deployed.file})  # first: a copy that is not remembered would stay for ever
    files.replace(target, content)
    files.replace(record.record_path(target), archive.record())
    try:
        load_from_store(directory, deployed)
    except RefusedError:
        tidy(directory)
        raise
    return deployed


def load_from_store(directory: Path, deployed: Deployed) -> Archive:
    """An archive of the model store. Raises RefusedError if it is missing, or another than was deployed."""
    archive = admission.admit(store(directory) / deployed.file)
    if archive.sha256 != deployed.sha256:
        raise RefusedError(f"{deployed.file} is another archive than was deployed")
    return archive


def served(directory: Path) -> Path:
    """Return the archive that the server in a run folder serves: the deployed one, else that of its start."""
    started, deployment = properties.read(directory / "config.properties"), read(directory)
    return Path(started["model_store"]) / (deployment.current.file if deployment else started["load_models"])


def adopt_build(directory: Path, built: Archive) -> Deployment:
    """Let the node serve an archive that was built since the last time; otherwise all stays as it is."""
    deployment = read(directory)
    if deployment and deployment.built == built.sha256:
        return deployment
    if built.name in added(directory):  # the main model takes its place
        remove(directory, built.name)
    current = add_to_store(directory, built)
    if deployment is None or deployment.current.name != current.name:  # nothing goes back to another model
        workers = int(settings.read(directory)["default_workers_per_model"])
        renewed = Deployment(current, (), workers, built.sha256)
    elif deployment.current == current:
        renewed = replace(deployment, built=built.sha256)
    else:
        renewed = replace(deployment.after(current), built=built.sha256)
    write(directory, renewed)
    return renewed


def start_deployed(directory: Path, overrides: dict[str, str] | None = None, behind_gateway: bool = False) -> Server:
    """Start what the node serves, and at first the archive that its settings name, with as many workers as it had.

    Raises what ``server.start`` raises. Returns at once.
    """
    deployment = read(directory)
    if deployment is None:
        archive = properties.archive(settings.read(directory) | (overrides or {}))
        deployment = adopt_build(directory, admission.admit(archive))
    workers = {"default_workers_per_model": str(deployment.workers)}
    own = {key: value for key, value in (overrides or {}).items() if key not in ("model_store", "load_models")}
    return server.start(directory, load_from_store(directory, deployment.current), workers | own, behind_gateway)


@contextmanager
def changing(directory: Path, wait: Report | None = None, inherited: int | None = None) -> Iterator[int]:
    """Lock starts, stops, rollouts and scaling in this folder while the block runs; a killed process holds no lock.

    wait       called with a sentence that names the other process, and then waited for; None refuses after 1 s
    inherited  the descriptor of the lock, from the process that started this one: both are at work on one change

    Yields the descriptor of the lock. The lock is free once every process that has the descriptor has closed it.

    Raises DeploymentError if another process is at work and ``wait`` is None.
    """
    path = directory / _LOCK
    path.touch(files.PRIVATE)  # other users could hold a lock that they can open
    with open(path if inherited is None else inherited, "r+") as file:  # noqa: PTH123 - it may be a descriptor
        if not within(_BRIEF_SECONDS if wait is None else 0.0, lambda: files.try_lock(file)):
            other = f"process {file.read() or 'unknown'} starts, stops or changes the node in {directory}"
            if wait is None:
                raise DeploymentError(f"{other}: try again when it has ended")
            wait(f"{other}; waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        file.truncate()
        print(os.getpid(), end="", file=file, flush=True)
        yield file.fileno()


def _deployment(content: dict[str, Any]) -> Deployment:
    """Parse a deployment. Raises KeyError, TypeError or ValueError for invalid content."""
    before = tuple(map(_deployed, content["before"]))
    deployment = Deployment(_deployed(content["current"]), before, content["workers"], content["built"])
    if not (isinstance(deployment.workers, int) and deployment.workers >= 1 and isinstance(deployment.built, str)):
        raise TypeError(f"workers is {deployment.workers!r:.80}, built is {deployment.built!r:.80}")
    every = (deployment.current, *before)
    copies.check_names(deployed.file for deployed in every)
    if names := [deployed.name for deployed in every if not is_name(deployed.name)]:
        raise ValueError(f"{names[0]!r:.80} is no name of a model")
    return deployment


def _deployments(content: dict[str, Any]) -> dict[str, Deployment]:
    return {item.name: item for item in map(_deployment, content["models"])}


def _write_added(directory: Path, models: Mapping[str, Deployment]) -> None:
    files.replace_json(directory / _ADDED, {"models": list(map(asdict, models.values()))}, files.PRIVATE)


def _deployed(content: dict[str, str]) -> Deployed:
    """The archive of an entry; of one without a name, as older nodes wrote, the file's name begins with it."""
    name = content["file"].partition(f"-{content['version']}-")[0]
    return state.fields(Deployed)({"name": name, **content})


def _there(directory: Path, deployed: Deployed) -> Deployed:
    """A user's own file that has the name of a copy: it is served as it is, or refused."""
    try:
        load_from_store(directory, deployed)
    except RefusedError as error:
        file = store(directory) / deployed.file
        raise DeploymentError(f"{file} is in the way, for it is no copy of this archive: move it ({error})") from error
    return deployed
