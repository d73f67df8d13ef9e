"""One supervisor for a run folder."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from serving import paths
from serving.node import lock
from serving.node.lock import LockedError
from tests.processes import bounded

_HOLD = "import sys, pathlib, time\nfrom serving.node import lock\nwith lock.hold(pathlib.Path(sys.argv[1])):\n"


@contextmanager
def hold(directory: Path, then: str) -> Iterator["subprocess.Popen[str]"]:
    """Hold the folder by another process while the block runs, unless the process ends before."""
    command = [sys.executable, "-c", f"{_HOLD}    print('held', flush=True)\n    {then}", str(directory)]
    with bounded(subprocess.Popen(command, cwd=paths.ROOT, stdout=subprocess.PIPE, text=True)) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        yield process


def test_a_folder_has_one_holder_and_tells_who(tmp_path: Path) -> None:
    assert lock.holder(tmp_path) is None
    assert not lock.release(tmp_path, 1)
    with lock.hold(tmp_path):
        assert lock.holder(tmp_path) == os.getpid()
        with pytest.raises(LockedError, match=re.escape(f"process {os.getpid()} supervises {tmp_path} already")):
            lock.hold(tmp_path).__enter__()
    assert lock.holder(tmp_path) is None


@pytest.mark.parametrize("deaf", [False, True])
def test_a_holder_is_asked_to_go_and_killed_if_it_stays(tmp_path: Path, deaf: bool) -> None:
    stay = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); "
    with hold(tmp_path, f"{stay if deaf else ''}time.sleep(60)") as process:
        if deaf:
            assert process.stdout
            assert process.stdout.readline() == "deaf\n"
        assert lock.holder(tmp_path) == process.pid
        assert lock.release(tmp_path, 0.3 if deaf else 30)
        assert process.wait(30) == (-9 if deaf else -15)
    assert lock.holder(tmp_path) is None
