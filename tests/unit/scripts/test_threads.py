"""Threads wait awake only where a training has the machine for itself."""

import os
import threading
from pathlib import Path

import pytest

from scripts import threads

POLICY = "OMP_WAIT_POLICY"


@pytest.fixture
def stat(tmp_path: Path) -> Path:
    return tmp_path / "stat"


def ticks(user: int, idle: int) -> str:
    """The first line of /proc/stat, of which steal is 5 and the rest 0."""
    return f"cpu  {user} 0 0 {idle} 0 0 0 5 0 0\n"


@pytest.mark.parametrize(("after", "share"), [((100, 1100), 0.0), ((110, 1090), 0.1), ((200, 1000), 1.0)])
def test_the_share_of_the_cores_in_use(stat: Path, after: tuple[int, int], share: float) -> None:
    stat.write_text(ticks(100, 1000))
    before = threads.times(stat)
    stat.write_text(ticks(*after))
    assert threads.share(before, threads.times(stat)) == pytest.approx(share)


@pytest.mark.skipif(not Path("/proc/stat").exists(), reason="Linux has it")
def test_a_core_at_work_is_seen() -> None:
    over = threading.Event()

    def work() -> None:
        while not over.is_set():
            pass

    worker = threading.Thread(target=work)
    worker.start()
    found = threads.busy(Path("/proc/stat"), 0.3)
    over.set()
    worker.join()
    assert 0.5 / (os.cpu_count() or 1) < found <= 1.0


def test_a_system_that_does_not_say_counts_as_busy(stat: Path) -> None:
    assert threads.busy(stat, 0.0) == 1.0


@pytest.mark.parametrize(("share", "policy"), [(0.0, "ACTIVE"), (0.05, "ACTIVE"), (0.06, "PASSIVE"), (1.0, "PASSIVE")])
def test_threads_wait_awake_on_an_idle_machine(monkeypatch: pytest.MonkeyPatch, share: float, policy: str) -> None:
    monkeypatch.setenv(POLICY, "")
    monkeypatch.delenv(POLICY)
    monkeypatch.setattr(threads, "busy", lambda *_: share)
    threads.wait_for_training()
    assert os.environ[POLICY] == policy


def test_a_policy_of_the_users_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(POLICY, "PASSIVE")
    monkeypatch.setattr(threads, "busy", lambda *_: 0.0)
    threads.wait_for_training()
    assert os.environ[POLICY] == "PASSIVE"
