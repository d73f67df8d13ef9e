"""Counters in files: one process at a time writes, any process reads, and the counts outlive the writer."""

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from handlers import counters
from handlers.counters import Counters, Family, Header
from serving.paths import ROOT
from tests.processes import bounded

FAMILIES = (
    Family("things_total", "Things.", ("kind",), (("a",), ("b",))),
    Family("seconds", "Times.", bounds=(0.1, 1.0)),
)
HEADER = Header({"model": "digits", "version": "1.0", "weights": "abc"}, FAMILIES, {"ink": {"0": 0.5, "1": 0.5}})

_COUNT_AND_WAIT = """
import sys
from pathlib import Path
from handlers.counters import Counters
from tests.unit.handlers.test_counters import HEADER
Counters(Path(sys.argv[1]), HEADER).numbers[:] += 1
print("counted", flush=True)
sys.stdin.read()
"""


def test_what_is_counted_can_be_read_with_nothing_but_the_file(tmp_path: Path) -> None:
    own_counters = Counters(tmp_path, HEADER)
    own_counters.numbers += np.arange(6)
    ((header, numbers),) = counters.read(tmp_path)
    own_counters.close()
    assert header == HEADER
    parts = header.split(numbers)
    assert {name: part.tolist() for name, part in parts.items()} == {"things_total": [0, 1], "seconds": [2, 3, 4, 5]}


def test_workers_at_once_have_a_file_each_and_one_after_the_other_share_it(tmp_path: Path) -> None:
    first, second = Counters(tmp_path, HEADER), Counters(tmp_path, HEADER)
    first.numbers[0] += 1
    second.numbers[0] += 10
    first.close()
    third = Counters(tmp_path, HEADER)
    third.numbers[0] += 100
    assert sorted(numbers[0] for _, numbers in counters.read(tmp_path)) == [10, 101]
    second.close()
    third.close()


def test_a_killed_worker_leaves_its_counts_and_the_next_goes_on(tmp_path: Path) -> None:
    for turn in (1, 2):
        command = [sys.executable, "-c", _COUNT_AND_WAIT, str(tmp_path)]
        started = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        with bounded(started) as worker:
            assert worker.stdout
            assert worker.stdout.readline() == b"counted\n"
            os.kill(worker.pid, signal.SIGKILL)
            worker.wait(10)
        ((_, numbers),) = counters.read(tmp_path)
        assert numbers.tolist() == [turn] * 6


def test_other_metrics_go_to_another_file(tmp_path: Path) -> None:
    for header in (HEADER, Header(HEADER.labels, FAMILIES[:1], {}), Header({"model": "explainer"}, FAMILIES, {})):
        Counters(tmp_path, header).close()
    assert len(list(counters.read(tmp_path))) == 3


@pytest.mark.parametrize("left", [b"", HEADER.content()[:50], HEADER.content() + bytes(8), b"something else"])
def test_what_a_dying_worker_half_wrote_is_not_read_and_is_begun_anew(tmp_path: Path, left: bytes) -> None:
    Counters(tmp_path, HEADER).close()
    (path,) = tmp_path.iterdir()
    path.write_bytes(left)
    assert list(counters.read(tmp_path)) == []
    Counters(tmp_path, HEADER).close()
    ((_, numbers),) = counters.read(tmp_path)
    assert numbers.tolist() == [0] * 6
    assert list(tmp_path.iterdir()) == [path]


def test_where_nothing_was_counted_nothing_is_read(tmp_path: Path) -> None:
    assert list(counters.read(tmp_path / "missing")) == []


@pytest.mark.parametrize("room", [0, 8, 100])
def test_a_disk_that_is_full_after_some_bytes_is_an_error_and_the_next_begins_anew(tmp_path: Path, room: int) -> None:
    files = len(list(Path("/proc/self/fd").iterdir()))
    with limited(room), pytest.raises(OSError, match=r"could be written|too large"):
        Counters(tmp_path, HEADER)
    assert len(list(Path("/proc/self/fd").iterdir())) == files
    assert list(counters.read(tmp_path)) == []
    own_counters = Counters(tmp_path, HEADER)
    own_counters.numbers += 1
    ((_, numbers),) = counters.read(tmp_path)
    own_counters.close()
    assert numbers.tolist() == [1] * 6


@contextmanager
def limited(size: int) -> Iterator[None]:
    """Limit the size of files that this process writes. The kernel then writes a part, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_nobody_else_may_look(tmp_path: Path) -> None:
    Counters(tmp_path / "metrics", HEADER).close()
    (path,) = (tmp_path / "metrics").iterdir()
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
