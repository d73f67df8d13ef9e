"""Fixtures: one image of the present tree, built by podman as scripts/image builds it, and a node in it."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from inference import files
from scripts.building import container
from scripts.building.container import STRICT, Container
from scripts.building.engine import Engine, EngineError
from serving.archives import record
from serving.archives.record import Archive
from serving.paths import ROOT
from serving.torchserve.ports import free

from ..changes.conftest import repack
from . import machine

BASE, STAND_IN = "docker.io/library/python:3.11-slim-bookworm", "localhost/debian-python:12"
# Has the checkout in its name, because tests of another checkout may run at the same time.
TAG = f"localhost/digits:tests-{hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]}"
SUCCESSOR = "2.0"
_BUILD_SECONDS = 540.0
# Like the base image: Debian 12 with Python 3.11.
_PACKAGES = "--include=python3,python3-venv,ca-certificates"


@dataclass(frozen=True)
class Image:
    """``printed`` is the output of scripts/image."""

    name: str
    printed: str


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Yield podman. It gets settings for tests unless this machine has settings for it."""
    if os.geteuid() or not shutil.which("podman"):
        pytest.skip("podman is not installed, or this is not root: scripts/test installs it where apt-get may")
    settings = tmp_path_factory.mktemp("podman") / "containers.conf"
    settings.write_text(machine.settings())
    with pytest.MonkeyPatch.context() as environment:
        if "CONTAINERS_CONF" not in os.environ:
            environment.setenv("CONTAINERS_CONF", str(settings))
        environment.setenv("BUILDAH_ISOLATION", "chroot")
        environment.setenv("DISABLE_HC_SYSTEMD", "true")  # podman would use systemd for health checks
        podman = Engine(["podman"])
        try:
            podman.run("info")
        except EngineError as error:
            pytest.skip(f"podman does not run here: {error}")
        yield podman


@pytest.fixture(scope="session")
def image(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Image:
    """Return the image. The first process of this run that needs it builds it, and later runs reuse its layers."""
    base_temp = tmp_path_factory.getbasetemp()
    shared = base_temp.parent if "PYTEST_XDIST_WORKER" in os.environ else base_temp
    with files.locked(shared / "image.lock"):
        printed = shared / "image.txt"
        if not printed.exists():
            files.replace(printed, built(engine, tmp_path_factory.mktemp("probe")).encode())
    return Image(TAG, printed.read_text())


def built(engine: Engine, folder: Path) -> str:
    """Build the image, and return the output of scripts/image."""
    from_base, options = base(engine), ["--network=host", *machine.mounts()]
    try:
        try_out(engine, from_base, options, folder)
    except (EngineError, subprocess.SubprocessError) as error:
        pytest.skip(f"podman builds or runs nothing here: {error}")
    command = [str(ROOT / "scripts" / "image"), "--engine", "podman", "--tag", TAG, "--base", from_base, "--", *options]
    before = identity(engine, TAG)
    completed = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_BUILD_SECONDS)
    assert completed.returncode == 0, completed.stdout[-1000:] + completed.stderr[-3000:]
    if before != identity(engine, TAG):
        with suppress(EngineError):  # there is no such image, or another image is based on it
            engine.run("rmi", before)
    return completed.stdout


def identity(engine: Engine, image_name: str) -> str:
    try:
        return str(engine.inspect(image_name)["Id"])
    except EngineError:
        return ""


@pytest.fixture(scope="session")
def successor(
    engine: Engine, image: Image, archive: Archive, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Yield an image like ``image`` with version SUCCESSOR of the model."""
    folder, name = tmp_path_factory.mktemp("successor"), f"{TAG}-{os.getpid()}"
    packed = repack(archive, folder, SUCCESSOR)
    packed.path.rename(folder / archive.path.name)
    record.record_path(packed.path).rename(folder / record.record_path(archive.path).name)
    (folder / "Dockerfile").write_text(f"FROM {image.name}\nCOPY *.mar *.mar.json model_store/\n")
    engine.run("build", "--quiet", "--tag", name, str(folder))
    yield name
    engine.run("rmi", "--force", name)


def try_out(engine: Engine, base_image: str, options: Iterable[str], folder: Path) -> None:
    """Check podman and pip. Raises EngineError if no container works, SubprocessError without a package index."""
    engine.run("run", "--rm", *STRICT, f"--publish=127.0.0.1:{free(1)[0]}:8443", base_image, "true")
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), "six"]
    subprocess.run(pip, capture_output=True, check=True, timeout=240)
    (folder / "Dockerfile").write_text(f"FROM {base_image}\nRUN true\n")
    engine.run("rmi", engine.run("build", "--quiet", *options, str(folder)))


def base(engine: Engine) -> str:
    """Return the name of the base image, or of a similar image where no image registry can be reached."""
    for name in (BASE, STAND_IN):
        try:
            engine.inspect(name)
        except EngineError:
            continue
        return name
    if not shutil.which("mmdebstrap"):
        pytest.skip(f"{BASE} is not here, and mmdebstrap, which makes one like it, is not installed")
    with tempfile.TemporaryDirectory() as folder:
        file = f"{folder}/base.tar"
        command = ["mmdebstrap", "--quiet", "--variant=minbase", _PACKAGES, "bookworm", file]
        completed = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
        if completed.returncode:
            pytest.skip(f"mmdebstrap made no base image: {completed.stderr[-300:]}")
        engine.run("import", file, STAND_IN)
    return STAND_IN


@pytest.fixture(scope="module")
def node(engine: Engine, image: Image) -> Iterator[Container]:
    arguments = (*container.ARGUMENTS, "--notice=1", machine.COLD)
    with container.running(engine, image.name, arguments=arguments) as started:
        started.wait_ready()
        yield started
