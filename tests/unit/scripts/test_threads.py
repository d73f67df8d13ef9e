"""Threads poll only if a training has the machine for itself."""

import os

import psutil
import pytest

from scripts import threads

POLICY = "OMP_WAIT_POLICY"


@pytest.mark.parametrize(("share", "policy"), [(0.0, "ACTIVE"), (5.0, "ACTIVE"), (6.0, "PASSIVE"), (100.0, "PASSIVE")])
def test_threads_wait_awake_on_an_idle_machine(monkeypatch: pytest.MonkeyPatch, share: float, policy: str) -> None:
    monkeypatch.setenv(POLICY, "")
    monkeypatch.delenv(POLICY)
    monkeypatch.setattr(psutil, "cpu_percent", lambda _: share)
    threads.wait_for_training()
    assert os.environ[POLICY] == policy


def test_a_policy_of_the_users_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(POLICY, "PASSIVE")
    monkeypatch.setattr(psutil, "cpu_percent", lambda _: 0.0)
    threads.wait_for_training()
    assert os.environ[POLICY] == "PASSIVE"
