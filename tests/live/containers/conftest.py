"""One image of the present tree, built by podman as scripts/image builds it, and a node of it."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from scripts.building import container
from scripts.building.container import STRICT, Container
from scripts.building.engine import Engine, EngineError
from serving.paths import ROOT
from serving.torchserve.ports import free

from . import machine

BASE, STAND_IN = "docker.io/library/python:3.11-slim-bookworm", "localhost/debian-python:12"
_BUILD_SECONDS = 540.0
_FETCH = "python3 -m venv /probe && /probe/bin/pip download --quiet --no-deps --dest /probe six"
# Like the base image: Debian 12 with Python 3.11.
_PACKAGES = "--include=python3,python3-venv,ca-certificates"


@dataclass(frozen=True)
class Image:
    """``printed`` is what scripts/image said of it."""

    name: str
    printed: str


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """podman, with settings of the tests' own unless this machine has some."""
    if os.geteuid() or not shutil.which("podman"):
        pytest.skip("podman is not installed, or this is not root: scripts/test installs it where apt-get may")
    settings = tmp_path_factory.mktemp("podman") / "containers.conf"
    settings.write_text(machine.settings())
    with pytest.MonkeyPatch.context() as environment:
        if "CONTAINERS_CONF" not in os.environ:
            environment.setenv("CONTAINERS_CONF", str(settings))
        environment.setenv("BUILDAH_ISOLATION", "chroot")
        found = Engine(["podman"])
        try:
            found.run("info")
        except EngineError as error:
            pytest.skip(f"podman does not run here: {error}")
        yield found


@pytest.fixture(scope="session")
def image(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    """Built once: a second process of pytest finds all layers of the first. Its base stays for the next run."""
    name, options = f"localhost/digits:{tmp_path_factory.getbasetemp().name}", ["--network=host", *machine.mounts()]
    from_base = base(engine)
    try:
        try_out(engine, from_base, options, tmp_path_factory.mktemp("probe"))
    except (EngineError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"podman builds or runs nothing here: {error}")
    with Path(tempfile.gettempdir(), "digits-image.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        command = [str(ROOT / "scripts" / "image"), "--engine", "podman", "--tag", name, "--base", from_base]
        command += ["--", *options]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_BUILD_SECONDS)
    assert done.returncode == 0, done.stdout[-1000:] + done.stderr[-3000:]
    yield Image(name, done.stdout)
    engine.run("rmi", "--force", name)


def try_out(engine: Engine, base_image: str, options: Iterable[str], folder: Path) -> None:
    """Raise EngineError where this machine lets no container run, or a build reaches no package index."""
    engine.run("run", "--rm", *STRICT, f"--publish=127.0.0.1:{free(1)[0]}:8443", base_image, "true")
    (folder / "Dockerfile").write_text(f"FROM {base_image}\nRUN {_FETCH}\n")
    engine.run("rmi", engine.run("build", "--quiet", *options, str(folder)))


def base(engine: Engine) -> str:
    """The base image, or one that is made like it where no registry of images is in reach."""
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
        made = ["mmdebstrap", "--quiet", "--variant=minbase", _PACKAGES, "bookworm", file]
        done = subprocess.run(made, capture_output=True, text=True, check=False, timeout=240)
        if done.returncode:
            pytest.skip(f"mmdebstrap made no base image: {done.stderr[-300:]}")
        engine.run("import", file, STAND_IN)
    return STAND_IN


@pytest.fixture(scope="module")
def node(engine: Engine, image: Image) -> Iterator[Container]:
    with container.running(engine, image.name, arguments=(*container.ARGUMENTS, "--notice=1")) as started:
        started.wait_ready()
        yield started
