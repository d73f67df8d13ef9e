"""Class-data sharing: a file of TorchServe's Java classes as a JVM has them in memory, which later JVMs map.

A third of the start is spent on reading, verifying and linking classes. With the file (JEP 350; JEP 483 from Java 25
on) this is done once for each Java and environment. The JVM ignores a file that does not fit.
"""

import hashlib
import logging
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import httpx

from inference import files
from serving.paths import ROOT
from serving.torchserve import command, java, keys, ports, properties
from serving.waiting import within

FOLDER = Path(sys.prefix).resolve() / "share" / "torchserve"
_AHEAD = 25  # the first Java that writes its cache in one run
_START_SECONDS, _END_SECONDS, _POLL_SECONDS = 60.0, 60.0, 0.1
_LOCK = "class-data.lock"
_KEPT = 2  # number of files, for two versions of Java in turn

logger = logging.getLogger(__name__)


def options(java_home: Path, classes: str, folder: Path) -> list[str]:
    """Return the JVM options that use the file; none if there is no file.

    classes  class path
    folder   folder of the file

    The first call makes the file, in some seconds; after a failure no later call tries again. There are no options
    while another process makes the file, or if only another user can write to ``folder``.
    """
    build = java.build(java_home)
    stamps = [Path(path).stat() for path in classes.split(":")]
    inputs = repr((build, classes, [(stamp.st_size, stamp.st_mtime_ns) for stamp in stamps]))
    file = folder / f"classes-{hashlib.sha256(inputs.encode()).hexdigest()[:12]}.jsa"
    if not file.exists() and os.access(folder, os.W_OK):
        _make_once(java_home, classes, file)
    if not file.exists() or not file.stat().st_size:
        return []
    ahead = java.major(build) >= _AHEAD
    return [f"-XX:{'AOTCache' if ahead else 'SharedArchiveFile'}={file}"]


def _make_once(java_home: Path, classes: str, file: Path) -> None:
    """Make the file, or an empty one if that fails, unless another process is making it."""
    with (file.parent / _LOCK).open("w") as lock:
        if not files.try_lock(lock) or file.exists():
            return
        others = sorted(file.parent.glob("classes-*"), key=lambda path: path.stat().st_mtime)
        for old in others[: 1 - _KEPT]:
            old.unlink()
        try:
            _make(java_home, classes, file)
        except (OSError, subprocess.SubprocessError, httpx.HTTPError, keys.KeyFileError) as error:
            logger.warning("Java starts without class-data sharing: %s", error)
            with suppress(OSError):
                file.touch()


def _make(java_home: Path, classes: str, file: Path) -> None:
    """Start a TorchServe without models, send it requests, and let its JVM write the file when it ends."""
    ahead = java.version(java_home) >= _AHEAD
    with tempfile.TemporaryDirectory(prefix="classes-") as name:
        directory = Path(name)
        made = directory / file.name
        settings = _settings(directory)
        properties.write(settings, directory / command.SETTINGS)
        shutil.copyfile(ROOT / "log4j2.xml", directory / "log4j2.xml")
        option = f"-XX:{'AOTCacheOutput' if ahead else 'ArchiveClassesAtExit'}={made}"
        environment = java.environment() | {"LOG_LOCATION": name, "METRICS_LOCATION": name, "TEMP": name}
        with subprocess.Popen(
            command.line(java_home, classes, directory, settings, [option]),
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as process:
            try:
                _ask(process, directory, settings)
                process.terminate()
                process.wait(_END_SECONDS)
            finally:
                process.kill()
        with files.replacing(file) as partial:
            shutil.copyfile(made, partial)


def _settings(directory: Path) -> dict[str, str]:
    free = {
        key: f"http://127.0.0.1:{port}" if key.endswith("address") else str(port)
        for key, port in zip(properties.PORTS, ports.free(len(properties.PORTS)), strict=True)
    }
    usual = {key: value for key, value in properties.read().items() if key != "load_models"}
    return usual | free | {"model_store": str(directory)}


def _ask(process: "subprocess.Popen[bytes]", directory: Path, settings: dict[str, str]) -> None:
    """Send requests, so that the JVM loads the classes for answers."""

    def answers() -> bool:
        with suppress(httpx.TransportError, FileNotFoundError):
            header = keys.read(directory).management.header
            url = f"{settings['management_address']}/models"
            return httpx.get(url, headers=header, trust_env=False).is_success or process.poll() is not None
        return process.poll() is not None

    within(_START_SECONDS, answers, _POLL_SECONDS)
    header = keys.read(directory).inference.header
    url = f"{settings['inference_address']}/predictions/none"
    httpx.post(url, content=b"{}", headers=header, trust_env=False)
