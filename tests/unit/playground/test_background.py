"""A background process: found again, stopped, and not confused with another process."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from playground import background
from playground.background import Playground
from serving.errors import UserError
from serving.torchserve import ports
from tests.processes import bounded

SERVER = "import http.server, sys; http.server.test(http.server.SimpleHTTPRequestHandler, port=int(sys.argv[1]))"


@pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning")  # it outlives its starter
def test_from_start_to_stop(tmp_path: Path) -> None:
    (port,) = ports.free(1)
    started = background.start(["-c", SERVER, str(port)], f"http://127.0.0.1:{port}", tmp_path)
    assert background.find(tmp_path) == started
    assert psutil.pid_exists(started.pid)
    started.stop(tmp_path)
    assert not started.running
    assert background.find(tmp_path) is None


def test_what_ends_at_once_is_told_with_its_last_words(tmp_path: Path) -> None:
    (port,) = ports.free(1)
    with pytest.raises(UserError, match="no such page"):
        background.start(["-c", "raise SystemExit('no such page')"], f"http://127.0.0.1:{port}", tmp_path)
    assert background.find(tmp_path) is None


def test_another_process_with_its_number_is_left_alone(tmp_path: Path) -> None:
    with bounded(subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)) as other:
        playground = Playground(other.pid, psutil.Process(other.pid).create_time() - 60, "http://127.0.0.1:1")
        assert not playground.running
        playground.stop(tmp_path)
        assert other.poll() is None
        assert replace(playground, started=psutil.Process(other.pid).create_time()).running
