"""Installation: its cost is printed first, and PyTorch for CPUs comes from a separate index."""

import base64
import hashlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from serving import paths
from tests.live.commands import bare_copy, run
from tests.processes import bounded

PINS = [pin.split("==") for pin in (paths.ROOT / "requirements" / "torch-cpu.txt").read_text().split()]


def wheel(folder: Path, name: str, version: str) -> None:
    """Write an empty package into an index."""
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": "",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    sums = {path: base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()) for path, text in files.items()}
    record = [f"{path},sha256={sums[path].rstrip(b'=').decode()},{len(text)}" for path, text in files.items()]
    (folder / name).mkdir(parents=True)
    file = folder / name / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
        archive.writestr(f"{info}/RECORD", "\n".join([*record, f"{info}/RECORD,,"]))
    (folder / name / "index.html").write_text(f'<a href="{file.name.replace("+", "%2B")}">{file.name}</a>')


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Copy the files that make environments, with locks that contain only PyTorch for CPUs."""
    copy = bare_copy(tmp_path / "copy")
    (copy / "docs").mkdir()
    for name in ("requirements/torch-cpu.txt", "docs/cost.txt"):
        shutil.copy(paths.ROOT / name, copy / name)
    for name in ("train.txt", "train-cpu.txt"):
        (copy / "requirements" / name).write_text("")
    return copy


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an environment that contains only pip. It takes seconds to make."""
    folder = tmp_path_factory.mktemp("environment") / ".venv"
    subprocess.run([sys.executable, "-m", "venv", folder], check=True, timeout=240)
    return folder


def prepare(copy: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    script = f"cd {copy} && . scripts/environment && prepare train"
    offline = {"PIP_CONFIG_FILE": "/dev/null", "PIP_FIND_LINKS": "", "PIP_EXTRA_INDEX_URL": ""}
    return run(["bash", "-euo", "pipefail", "-c", script], **offline, **environment)


def test_pytorch_for_cpus_comes_from_the_index_that_is_named(copy: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    for name, version in PINS:
        wheel(index, name, f"{version}+cpu")
    completed = prepare(copy, DIGITS_TORCH_INDEX=index.as_uri())
    assert completed.returncode == 0, completed.stdout + completed.stderr
    listed = run([str(copy / ".venv" / "bin" / "python"), "-m", "pip", "freeze"]).stdout.split()
    assert listed == [f"{name}=={version}+cpu" for name, version in sorted(PINS)]
    assert "installing" not in prepare(copy, DIGITS_TORCH_INDEX=index.as_uri()).stdout  # a second time


def test_an_index_without_pytorch_is_named(copy: Path, environment: Path, tmp_path: Path) -> None:
    shutil.copytree(environment, copy / ".venv", symlinks=True)
    index = tmp_path / "empty"
    index.mkdir()
    completed = prepare(copy, DIGITS_TORCH_INDEX=index.as_uri())
    assert completed.returncode == 1
    assert f"error: PyTorch for CPUs could not be installed from {index.as_uri()}" in completed.stderr
    assert not (copy / ".venv" / ".installed-train-cpu").exists()


def test_the_cost_is_said_before_anything_is_installed(copy: Path) -> None:
    for name in ("train", "train-cpu"):
        (copy / "requirements" / f"{name}.txt").write_text("no-such-package==0 --hash=sha256:" + 64 * "0")
    completed = run([str(copy / "scripts" / "up")], PIP_NO_INDEX="1")
    assert completed.returncode == 1
    lines = completed.stdout.splitlines()
    begin = next(number for number, line in enumerate(lines) if line.startswith("installing"))
    cost = dict(re.findall(r"(\w+) (\d+)", (copy / "docs" / "cost.txt").read_text()))
    notice = "\n".join(lines[:begin])
    assert f"{cost['environment_megabytes']} MB in .venv and {cost['install_seconds']} s" in notice
    assert f"Training: {cost['train_seconds']} s, as measured on {cost['cores']} cores" in notice
    assert f"All files are in {copy}. To remove them: scripts/down && rm -rf .venv" in notice


def test_ctrl_c_stops_an_installation(copy: Path, environment: Path) -> None:
    """The test interrupts pip while it waits for an index that accepts a connection and never answers."""
    shutil.copytree(environment, copy / ".venv", symlinks=True)
    (copy / "requirements" / "train.txt").write_text("no-such-package==0 --hash=sha256:" + 64 * "0")
    with socket.create_server(("127.0.0.1", 0)) as index:
        index.settimeout(60)
        address = f"http://127.0.0.1:{index.getsockname()[1]}/simple"
        variables = os.environ | {"PIP_CONFIG_FILE": "/dev/null", "PIP_INDEX_URL": address, "PIP_NO_INDEX": ""}
        command = [str(copy / "scripts" / "up")]
        started = subprocess.Popen(
            command,
            env=variables,
            start_new_session=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with bounded(started) as process:
            connection, _ = index.accept()
            with connection:
                os.killpg(process.pid, signal.SIGINT)
                printed, stderr = process.communicate(timeout=60)
    assert process.returncode == 130, printed + stderr
    assert stderr.endswith("stopped\n")
    assert "could not be installed" not in stderr
    assert not (copy / ".venv" / ".installed-train").exists()


@pytest.mark.parametrize(
    ("installed", "index", "has"),
    [
        ("train", "", True),  # contains all of onnx, too
        ("train-cpu", "", True),
        ("train-cpu", "file:///index", True),
        ("train", "file:///index", False),  # with CUDA, although it is not wanted
        ("serve", "", False),
        ("explain-cpu", "", False),
    ],
)
def test_a_lock_that_has_all_of_another_will_do(copy: Path, installed: str, index: str, has: bool) -> None:
    (copy / ".venv" / "bin").mkdir(parents=True)
    (copy / ".venv" / "bin" / "python").symlink_to(shutil.which("python3") or "")
    for name in ("serve", "onnx", "explain-cpu"):
        (copy / "requirements" / f"{name}.txt").write_text("")
    stamp = "4294967295 0\n"  # cksum of an empty file
    (copy / ".venv" / f".installed-{installed}").write_text(stamp)
    lock_name = "train" if index else "onnx"
    script = f"cd {copy} && . scripts/environment && has .venv {lock_name}"
    assert (run(["bash", "-c", script], DIGITS_TORCH_INDEX=index).returncode == 0) is has


def test_nothing_is_said_of_what_is_there(copy: Path) -> None:
    (copy / ".venv" / "bin").mkdir(parents=True)
    (copy / ".venv" / "bin" / "python").symlink_to(shutil.which("python3") or "")
    (copy / "bundles" / "default").mkdir(parents=True)
    (copy / "bundles" / "default" / "model.safetensors").touch()
    script = f"cd {copy} && . scripts/environment && announce train"
    assert run(["bash", "-euo", "pipefail", "-c", script]).stdout == ""
