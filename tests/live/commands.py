"""Commands of scripts/ as real processes, in this repository or a copy."""

import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from serving import paths
from serving.torchserve import ports, properties
from tests.processes import bounded

_UNSHARE = shutil.which("unshare")
PYTHON = ".venv/bin/python"


def isolated(*flags: str) -> list[str]:
    """Return a command prefix that makes a namespace. Skip the test if the kernel allows none."""
    if (
        not _UNSHARE
        or subprocess.run([_UNSHARE, "-r", *flags, "true"], capture_output=True, check=False, timeout=240).returncode
    ):
        pytest.skip("this machine gives no namespaces to unprivileged users")
    return [_UNSHARE, "-r", *flags]


def run(command: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    return run_in(paths.ROOT, command, **environment)


def run_in(folder: Path, command: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, env=os.environ | environment, capture_output=True, text=True, check=False, timeout=240
    )


def errors(completed: subprocess.CompletedProcess[str]) -> list[str]:
    """Check that a command failed, and return its error lines."""
    assert completed.returncode == 1, completed
    return [line for line in completed.stderr.splitlines() if line.startswith("error: ")]


def refusal(command: list[str], **environment: str) -> str:
    """Run a command that must refuse its input. Return the error, which must be the only line on stderr."""
    return refused(run(command, **environment))


def refused(completed: subprocess.CompletedProcess[str]) -> str:
    """Check that a command failed. Return the error, which must be the only line on stderr."""
    assert completed.returncode not in (0, -9), completed
    assert "Traceback" not in completed.stdout + completed.stderr
    (line,) = completed.stderr.splitlines()
    assert line.startswith("error: ")
    return line


def copied(directory: Path) -> Path:
    """Copy the source without environments and archives. Scripts use the repository that they are in."""
    copy = directory / "copy"
    for name in ("handlers", "inference", "model", "playground", "scripts", "serving"):
        shutil.copytree(paths.ROOT / name, copy / name)
    return copy


def bare_copy(target: Path) -> Path:
    """Copy the part of the repository that a command reads before it makes an environment."""
    for name in ("benchmarks", "resilience", "scripts", "serving"):
        shutil.copytree(paths.ROOT / name, target / name)
    for name in ("pyproject.toml", "requirements/train.txt"):
        (target / name).parent.mkdir(exist_ok=True)
        shutil.copy(paths.ROOT / name, target / name)
    return target


def whole_copy(directory: Path) -> Path:
    """Copy the repository with the product's archive, so that a test may change its settings.

    Its nodes have no warm-up, which would take seconds of CPU.
    """
    copy = copied(directory)
    for name in ("docs", "model_store", "training", ".keys"):
        shutil.copytree(paths.ROOT / name, copy / name)
    shutil.copy(paths.ROOT / "log4j2.xml", copy / "log4j2.xml")
    properties.write(properties.read() | {"warm_up_seconds": "0"}, copy / "config.properties")
    (copy / "data").symlink_to(paths.ROOT / "data")
    return copy


def block() -> int:
    """Return the first of eight free consecutive ports, below the range that the system assigns to clients."""
    while True:
        first = random.randrange(10_000, 30_000)
        if all(map(ports.reserve, range(first, first + 8))):
            return first


def begin(
    directory: Path, *words: str, root: Path = paths.ROOT, stderr: int = subprocess.STDOUT
) -> "subprocess.Popen[str]":
    command = [
        str(paths.ROOT / PYTHON),
        str(root / "scripts" / "commands"),
        "up",
        "--directory",
        str(directory),
        *words,
    ]
    return subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=stderr, text=True)


def ended(process: "subprocess.Popen[str]") -> str:
    """Wait for a command, which must succeed, and return what it printed."""
    try:
        printed, _ = process.communicate(timeout=240)
    finally:
        process.kill()
    assert process.returncode == 0, printed
    return printed


@contextmanager
def started(directory: Path, *words: str, root: Path = paths.ROOT) -> Iterator["subprocess.Popen[str]"]:
    """Start a node. Stop it after the block."""
    process = begin(directory, *words, root=root, stderr=subprocess.PIPE)
    try:
        with bounded(process):
            yield process
    finally:
        run(["scripts/down", "--directory", str(directory)])


def processes(directory: Path) -> list[psutil.Process]:
    """Return the processes of a node: JVM, HAProxy, supervisor and their children."""
    matches = []
    for process in psutil.process_iter(["cwd", "cmdline"]):
        if process.info["cwd"] == str(directory) or f"--directory={directory}" in (process.info["cmdline"] or ()):
            with suppress(psutil.NoSuchProcess):
                matches += [process, *process.children(recursive=True)]
    return matches
