"""Lower priority of workers that explain or read large files."""

import os
import subprocess
import sys

import pytest

from handlers.priority import IDLE, NICE
from serving.torchserve.registrations import UPLOADS

CODE = "import os, sys; from handlers.priority import *; print(lower_priority_if_separate(*sys.argv[1:]), os.nice(0))"
POLICY = "; print(os.sched_getscheduler(0))"


def lowered(registered: str, code: str = CODE + POLICY) -> list[str]:
    """Return the priority that a new process prints. The test process could not raise its own again."""
    command = [sys.executable, "-c", code, registered, "digits"]
    completed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return completed.stdout.split()


@pytest.mark.parametrize(
    ("registered", "nice", "policy"),
    [("digits", 0, os.SCHED_OTHER), ("explainer", NICE, os.SCHED_OTHER), (UPLOADS, NICE, os.SCHED_IDLE)],
)
def test_other_registrations_of_the_archive_have_a_lower_priority(registered: str, nice: int, policy: int) -> None:
    here = os.nice(0)
    assert lowered(registered) == [str(registered != "digits"), str(min(19, here + nice)), str(policy)]


@pytest.mark.parametrize("missing", ["del os.SCHED_IDLE", "os.sched_setscheduler = lambda *_: os.rmdir('/proc')"])
def test_a_system_without_the_idle_policy_keeps_the_nice_value(missing: str) -> None:
    assert lowered(IDLE, f"import os; {missing}; {CODE}") == ["True", str(min(19, os.nice(0) + NICE))]
