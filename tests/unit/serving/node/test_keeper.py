"""Restart of a supervisor, only after it was killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from serving import paths
from serving.node import lock
from tests.processes import bounded

_KEEP = """
import os, pathlib, signal, sys, time
from serving.node import keeper, lock
from serving.node.keeper import Keeper

def supervise():
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, {on_term})
    keeper.listen()
    print(os.getpid(), flush=True)
    {then}
    time.sleep(60)
    return 0

sys.exit(Keeper(pathlib.Path(sys.argv[1]), supervise).run())
"""
_QUIT, _DIE = "lambda *_: os._exit(3)", "lambda *_: os.kill(os.getpid(), signal.SIGKILL)"


@contextmanager
def running_keeper(directory: Path, on_term: str = _QUIT, then: str = "pass") -> "Iterator[subprocess.Popen[str]]":
    command = [sys.executable, "-c", _KEEP.format(on_term=on_term, then=then), str(directory)]
    with bounded(subprocess.Popen(command, cwd=paths.ROOT, stdout=subprocess.PIPE, text=True)) as process:
        yield process


def supervisor(process: "subprocess.Popen[str]") -> int:
    """Return the process of the next supervisor. 0 if none starts."""
    assert process.stdout
    return int(process.stdout.readline() or 0)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_killed_supervisor_is_replaced_until_the_signal_to_stop(tmp_path: Path, number: signal.Signals) -> None:
    with running_keeper(tmp_path) as keeper:
        first = supervisor(keeper)
        os.kill(first, signal.SIGKILL)
        second = supervisor(keeper)
        assert second not in (0, first)
        assert lock.holder(tmp_path) == keeper.pid
        keeper.send_signal(number)
        assert keeper.wait(30) == 3
        assert supervisor(keeper) == 0


def test_one_that_ends_by_itself_is_not_replaced(tmp_path: Path) -> None:
    with running_keeper(tmp_path, then="return 5") as keeper:
        assert supervisor(keeper)
        assert keeper.wait(30) == 5
        assert supervisor(keeper) == 0


def test_one_that_fails_is_not_replaced(tmp_path: Path) -> None:
    with running_keeper(tmp_path, then="raise RuntimeError") as keeper:
        assert supervisor(keeper)
        assert keeper.wait(30) == 1


def test_one_that_is_killed_while_it_stops_is_not_replaced(tmp_path: Path) -> None:
    with running_keeper(tmp_path, on_term=_DIE) as keeper:
        assert supervisor(keeper)
        keeper.send_signal(signal.SIGTERM)
        assert keeper.wait(30) == signal.SIGKILL
        assert supervisor(keeper) == 0


def test_a_supervisor_does_not_keep_its_keepers_lock(tmp_path: Path) -> None:
    with running_keeper(tmp_path) as keeper:
        left = supervisor(keeper)
        try:
            keeper.kill()
            keeper.wait(30)
            assert lock.holder(tmp_path) is None
        finally:
            os.kill(left, signal.SIGKILL)


@pytest.mark.parametrize("deaf", [False, True])
def test_release_ends_keeper_and_supervisor(tmp_path: Path, deaf: bool) -> None:
    ignoring = "signal.SIG_IGN" if deaf else _QUIT
    holding = "held = lock.hold(pathlib.Path(sys.argv[1])); held.__enter__(); print('held', flush=True)"
    with running_keeper(tmp_path, ignoring, holding) as keeper:
        left = supervisor(keeper)
        assert keeper.stdout
        assert keeper.stdout.readline() == "held\n"
        assert lock.holder(tmp_path) == left
        assert lock.release(tmp_path, 0.5 if deaf else 30)
        assert keeper.wait(30) == (-signal.SIGKILL if deaf else 3)
        assert lock.holder(tmp_path) is None
