"""Processes of other servers: none outlives its server."""

import sys
import time
from contextlib import AbstractContextManager
from pathlib import Path

import psutil
import pytest

from benchmarks.peers.tree import ProcessTree, planted

# a child in its own session that ignores SIGTERM, and whose parent ends at once
STRAY = """
import os, signal, subprocess, sys, time
if len(sys.argv) > 1:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("deaf", flush=True)
    time.sleep(60)
else:
    subprocess.Popen([sys.executable, __file__, "child"], start_new_session=True)
"""


@pytest.fixture
def stray(tmp_path: Path) -> Path:
    (tmp_path / "stray.py").write_text(STRAY)
    return tmp_path


def test_a_child_that_left_is_found_and_ended(stray: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.peers.tree._GRACE", 0.2)
    with _planted(stray) as tree:
        left = _deaf(tree, stray / "log")
    assert _ended(left)


def test_everything_ends_when_something_fails(stray: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.peers.tree._GRACE", 0.2)
    processes: list[psutil.Process] = []
    with pytest.raises(ZeroDivisionError):
        _fail_beside_a_stray(stray, processes)
    assert _ended(processes[0])


def _fail_beside_a_stray(folder: Path, processes: list[psutil.Process]) -> None:
    with _planted(folder) as tree:
        processes.append(_deaf(tree, folder / "log"))
        raise ZeroDivisionError


def _planted(folder: Path) -> AbstractContextManager[ProcessTree]:
    return planted([sys.executable, str(folder / "stray.py")], {}, folder, folder / "log")


def _deaf(tree: ProcessTree, log: Path) -> psutil.Process:
    """Wait until the child ignores SIGTERM and its parent has ended. Return the child."""
    deadline = time.monotonic() + 20
    while not (tree.ended and "deaf" in log.read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    (child,) = tree.members()
    return child


def _ended(process: psutil.Process) -> bool:
    """Return True if a process has ended. A zombie has: its new parent has only not read its status."""
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
