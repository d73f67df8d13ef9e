"""scripts/tune in real processes."""

import os
import signal
import sqlite3
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

from tests import forked
from tests.forked import Command
from training.tuning import storage, study

TRIALS = 6
SLOW = ("--quick", "--base", "quick", "--epochs", "20", "--trials", str(TRIALS), "--pruner", "none")


def running(path: Path) -> int:
    """Count running trials that have finished an epoch, and so have all parameters. 0 while a process writes."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=0.1)) as database:
            (count,) = database.execute(
                "SELECT count(DISTINCT trial_id) FROM trials JOIN trial_intermediate_values USING (trial_id)"
                " WHERE state = 'RUNNING'"
            ).fetchone()
            return int(count)
    except sqlite3.OperationalError:
        return 0


def kill_in_a_trial(process: Command, path: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        os.kill(process.pid, signal.SIGSTOP)
        if running(path):
            process.kill()
            return
        os.kill(process.pid, signal.SIGCONT)
        time.sleep(0.05)
    raise AssertionError("it never was in a trial")


def test_killed_it_goes_on_in_two_processes_with_nothing_lost_and_none_too_many(small: Path, tmp_path: Path) -> None:
    common = ("--data", str(small), "--studies", str(tmp_path), "--grace", "3")
    path = tmp_path / "digits" / "study.db"
    with forked.started("tune", *SLOW, *common) as first:
        assert any(line.startswith("trial 1:") for line in first.stderr)
        kill_in_a_trial(first, path)
    before = study.load(storage.connect(storage.url(path)), "digits")
    values = {trial.number: trial.value for trial in before.finished}
    assert 2 <= len(values) < TRIALS
    with forked.started("tune", *common) as second, forked.started("tune", *common) as third:
        errors = second.completed().stderr, third.completed().stderr
    assert (second.returncode, third.returncode) == (0, 0), errors
    after = study.load(storage.connect(storage.url(path)), "digits")
    assert len(after.finished) == TRIALS
    assert values.items() <= {trial.number: trial.value for trial in after.finished}.items()
    assert len(after.killed) == 1
    runs = Counter(str(trial.params) for trial in after.finished)
    assert runs[str(after.killed[0].params)] == 1
    assert set(runs.values()) == {1}
    assert f"going on: {len(values)} of {TRIALS} trials are done, best" in errors[0]
    assert (tmp_path / "digits" / "digits.toml").is_file()


def test_mistakes_are_told_in_a_line(tmp_path: Path) -> None:
    completed = forked.run("tune", "--report", "--studies", tmp_path)
    assert completed.returncode == 1
    assert completed.stderr == "error: unknown study 'digits' in this database; there is: none yet\n"
