"""Rare states of a lock: readers meet an empty file, or the holder releases it itself."""

import fcntl
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from serving import paths
from serving.node import lock
from serving.node.lock import LockedError
from tests.processes import bounded

_HOLD = """
import pathlib, signal, sys, time
from serving.node import lock
with lock.hold(pathlib.Path(sys.argv[1])):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
    print("held", flush=True)
    time.sleep(60)
"""
FILE = "supervisor.lock"


@contextmanager
def flocked(directory: Path, kind: int, content: str = "") -> Iterator[Path]:
    """Lock the file through another file description of this process."""
    path = directory / FILE
    path.write_text(content)
    with path.open("r+") as file:
        fcntl.flock(file, kind)
        yield path


def later(do: threading.Timer) -> threading.Timer:
    do.start()
    return do


def test_a_folder_and_its_lock_are_private(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    before = os.umask(0)
    try:
        with lock.hold(folder):
            assert (folder.stat().st_mode & 0o777, (folder / FILE).stat().st_mode & 0o777) == (0o700, 0o600)
    finally:
        os.umask(before)


def test_the_file_holds_the_number_of_the_holder_alone(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("123456789012345")
    with lock.hold(tmp_path):
        assert (tmp_path / FILE).read_text() == str(os.getpid())


def test_the_number_of_one_that_ended_is_nobodys(tmp_path: Path) -> None:
    assert lock.holder(tmp_path) is None
    (tmp_path / FILE).write_text(str(os.getpid()))
    assert lock.holder(tmp_path) is None
    assert not lock.release(tmp_path, 1)


def test_others_that_look_do_not_keep_it_from_being_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "_LOCK_SECONDS", 20.0)
    with (tmp_path / FILE).open("w+") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        end = later(threading.Timer(0.1, fcntl.flock, (file, fcntl.LOCK_UN)))
        with lock.hold(tmp_path):
            assert lock.holder(tmp_path) == os.getpid()
        end.join(10)


def test_several_may_look_at_once(tmp_path: Path) -> None:
    with flocked(tmp_path, fcntl.LOCK_SH, "1"):
        assert lock.holder(tmp_path) is None


def test_one_that_stays_locked_is_refused_with_its_holder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "_LOCK_SECONDS", 0.1)
    with (
        flocked(tmp_path, fcntl.LOCK_EX, "4321"),
        pytest.raises(LockedError, match="process 4321 supervises"),
        lock.hold(tmp_path),
    ):
        pass


def test_a_number_that_is_about_to_be_written_is_waited_for(tmp_path: Path) -> None:
    with flocked(tmp_path, fcntl.LOCK_EX) as path:
        end = later(threading.Timer(0.1, path.write_text, ("4321",)))
        assert lock.holder(tmp_path) == 4321
        end.join(10)


def test_a_holder_that_goes_when_it_is_asked_is_not_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _HOLD, str(tmp_path)]
    with bounded(subprocess.Popen(command, cwd=paths.ROOT, stdout=subprocess.PIPE, text=True)) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        assert lock.release(tmp_path, 20)
        assert lock.holder(tmp_path) is None
        assert process.wait(10) == 7


def test_an_error_in_the_block_gives_the_folder_back(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), lock.hold(tmp_path):
        raise ZeroDivisionError
    assert lock.holder(tmp_path) is None
