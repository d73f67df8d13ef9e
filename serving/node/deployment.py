"""What a run folder serves: which archive, which one before it, and by how many workers.

A run folder keeps its own copies of the archives that it serves, under names that no other bytes will ever have. So
what is built anew in model_store changes nothing that runs, and neither a restart nor the way back depends on it.
"""

import fcntl
import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

from model import files
from serving import paths
from serving.archives import admission, record
from serving.archives.admission import RefusedError
from serving.archives.record import Archive
from serving.torchserve import properties, server
from serving.torchserve.server import Server

STORE = "archives"
_FILE, _LOCK = "deployment.json", "deployment.lock"
_VERSION = re.compile(r"[0-9A-Za-z._-]{1,32}")  # what can stand in an address; the gateway lets the same through


class DeploymentError(Exception):
    """What cannot be deployed, or not now."""


@dataclass(frozen=True)
class Deployed:
    """An archive in the run folder's store: its file's name, its version, and the sha256 of its bytes."""

    file: str
    version: str
    sha256: str


@dataclass(frozen=True)
class Deployment:
    """What a run folder serves.

    current   what requests that name no version get
    previous  what they got before; None at first
    workers   how many answer them
    built     the sha256 of the archive that was last taken from where ``scripts/package.py`` builds it
    """

    current: Deployed
    previous: Deployed | None
    workers: int
    built: str

    def after(self, current: Deployed) -> Self:
        """The same with another archive; the present one becomes the one before it."""
        return replace(self, current=current, previous=self.current)


def read(directory: Path) -> Deployment | None:
    """Return what the folder serves; None if nothing was ever deployed there.

    Raises DeploymentError if the file that says so is damaged.
    """
    path = directory / _FILE
    try:
        found: dict[str, Any] = json.loads(path.read_text())
        previous = found["previous"]
        archives = {"current": Deployed(**found["current"]), "previous": Deployed(**previous) if previous else None}
        return Deployment(**{**found, **archives})
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise DeploymentError(f"{path} is damaged: remove it to serve {paths.ARCHIVE.name} again ({error})") from error


def write(directory: Path, deployment: Deployment) -> None:
    """Remember it in one step, and forget archives that are neither served nor the way back."""
    files.replace_json(directory / _FILE, asdict(deployment), files.PRIVATE)
    kept = {deployed.file for deployed in (deployment.current, deployment.previous) if deployed}
    for file in (directory / STORE).glob("*.mar"):
        if file.name not in kept:
            _forget(file)


def keep(directory: Path, archive: Archive) -> Deployed:
    """Copy an archive to the folder's store.

    Raises RefusedError if it may not be served, and DeploymentError if nobody could ask for its version.
    """
    if not _VERSION.fullmatch(archive.version):
        raise DeploymentError(f"version {archive.version!r} is not 1 to 32 of A-Z a-z 0-9 . _ -")
    content = archive.path.read_bytes()
    deployed = Deployed(f"{paths.NAME}-{archive.version}-{archive.sha256[:12]}.mar", archive.version, archive.sha256)
    target = directory / STORE / deployed.file
    files.make_folder(directory, files.PRIVATE_FOLDER)
    files.replace(target, content)
    files.replace(record.record_path(target), archive.record())
    try:
        kept(directory, deployed)
    except RefusedError:
        _forget(target)
        raise
    return deployed


def kept(directory: Path, deployed: Deployed) -> Archive:
    """An archive of the folder's store. Raises RefusedError if it is missing, or another than was deployed."""
    archive = admission.admit(directory / STORE / deployed.file)
    if archive.sha256 != deployed.sha256:
        raise RefusedError(f"{deployed.file} is another archive than was deployed")
    return archive


def stored(directory: Path, file: str) -> Deployed:
    """What a file of the folder's store is. Raises RefusedError if it may not be served."""
    archive = admission.admit(directory / STORE / file)
    return Deployed(file, archive.version, archive.sha256)


def renew(directory: Path, built: Archive) -> Deployment:
    """Let the folder serve an archive that was built since the last time; otherwise all stays as it is."""
    found = read(directory)
    if found and found.built == built.sha256:
        return found
    current = keep(directory, built)
    if found is None:
        renewed = Deployment(current, None, int(properties.read()["default_workers_per_model"]), built.sha256)
    elif found.current == current:
        renewed = replace(found, built=built.sha256)
    else:
        renewed = replace(found.after(current), built=built.sha256)
    write(directory, renewed)
    return renewed


def launch(directory: Path, overrides: dict[str, str] | None = None, fronted: bool = False) -> Server:
    """Start what the folder serves, and at first what ``scripts/package.py`` built, with as many workers as it had.

    Raises what ``server.start`` raises. Returns at once.
    """
    found = read(directory)
    if found is None:
        found = renew(directory, admission.admit(paths.ARCHIVE))
    workers = {"default_workers_per_model": str(found.workers)}
    return server.start(directory, kept(directory, found.current), workers | (overrides or {}), fronted)


@contextmanager
def changing(directory: Path, wait: Callable[[str], None] | None = None) -> Iterator[None]:
    """Nobody else starts, stops, rolls out or scales here while the block runs; the kernel forgets one that was killed.

    wait  called with a sentence that names the other process, and then waited for; None refuses instead

    Raises DeploymentError if another process is at work and ``wait`` is None.
    """
    path = directory / _LOCK
    path.touch(files.PRIVATE)  # other users could hold a lock that they can open
    with path.open("r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            other = f"process {file.read() or 'unknown'} starts, stops or changes the node in {directory}"
            if wait is None:
                raise DeploymentError(f"{other}: try again when it has ended") from None
            wait(f"{other}; waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        file.truncate()
        file.write(str(os.getpid()))
        file.flush()
        yield


def _forget(archive: Path) -> None:
    record.record_path(archive).unlink(missing_ok=True)
    archive.unlink()
