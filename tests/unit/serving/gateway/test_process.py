"""The process of a gateway."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from serving.gateway import gateway
from serving.gateway.gateway import Gateway
from serving.waiting import within
from tests.processes import bounded

PROGRAM = f"""#!{sys.executable} -S
import signal, sys
ends, ignored = ({{signal.Signals[name]}} for name in sys.argv[1:])
signal.pthread_sigmask(signal.SIG_BLOCK, ends)  # so that one that comes early is not lost
signal.signal(*ignored, signal.SIG_IGN)
print(flush=True)
signal.sigwait(ends)
sys.exit(7)
"""


@contextmanager
def process(
    tmp_path: Path, name: str, ends: str = "SIGTERM", ignores: str = "SIGUSR2"
) -> Iterator["subprocess.Popen[str]"]:
    """Start a process with this name that exits with status 7 on a signal."""
    program = tmp_path / name
    program.write_text(PROGRAM)
    program.chmod(0o700)
    with bounded(subprocess.Popen([program, ends, ignores], stdout=subprocess.PIPE, text=True)) as started:
        assert started.stdout
        assert started.stdout.readline() == "\n"
        yield started


def test_it_runs_as_long_as_its_process(door: Gateway, tmp_path: Path) -> None:
    with process(tmp_path, "haproxy") as started:
        door = replace(door, pid=started.pid)
        assert door.running
        started.kill()
        assert within(10, lambda: not door.running)  # its exit status is not read yet
        started.wait(10)
    assert not door.running


def test_another_process_with_its_number_is_not_it_and_is_left_alone(door: Gateway, tmp_path: Path) -> None:
    with process(tmp_path, "another") as started:
        door = replace(door, pid=started.pid)
        assert not door.running
        door.stop()
        assert started.poll() is None


def test_a_stop_lets_it_finish_and_leaves_nothing(door: Gateway, tmp_path: Path) -> None:
    state = door.directory / "state.json"
    state.touch()
    with process(tmp_path, "haproxy", ends="SIGUSR1") as started:
        replace(door, pid=started.pid).stop()
        assert started.wait(10) == 7
    assert not state.exists()
    assert not door.socket.parent.exists()
    door.stop()  # a second stop does no harm


def test_one_that_does_not_end_is_killed(door: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "_STOP_SECONDS", 0.1)
    with process(tmp_path, "haproxy", ignores="SIGUSR1") as started:
        replace(door, pid=started.pid).stop()
        assert started.wait(10) == -9


def test_it_gives_memory_back_when_it_is_told(door: Gateway, tmp_path: Path) -> None:
    with process(tmp_path, "haproxy", ends="SIGQUIT") as started:
        replace(door, pid=started.pid).give_memory_back()
        assert started.wait(10) == 7
