"""The lock of changes to a node: one change at a time, over several processes."""

import multiprocessing
import os
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path

import pytest

from serving.node import lock
from serving.node.lock import LockedError


def test_one_change_at_a_time_and_the_lock_of_a_killed_one_is_gone(run: Path) -> None:
    other, _ours = changer(run)
    with (
        pytest.raises(LockedError, match=r"process \d+ starts, stops or changes the node"),
        lock.changing(run),
    ):
        pass
    other.kill()
    other.join(10)
    with lock.changing(run):
        pass


def test_a_process_that_inherits_the_lock_goes_on_with_the_change(run: Path) -> None:
    with lock.changing(run) as descriptor:
        inherited = os.dup(descriptor)
        with lock.changing(run, inherited=os.dup(descriptor)):
            pass
    with pytest.raises(LockedError), lock.changing(run):
        pass
    os.close(inherited)
    with lock.changing(run):
        pass


def test_who_waits_for_a_change_is_told_of_whom(run: Path) -> None:
    other, ours = changer(run)
    messages = []

    def wait(what: str) -> None:
        messages.append(what)
        ours.send("go on")

    with lock.changing(run, wait):
        other.join(10)
        assert other.exitcode == 0
    assert messages == [f"process {other.pid} starts, stops or changes the node in {run}; waiting for it"]


def changer(run: Path) -> tuple[SpawnProcess, Connection]:
    """Start a process that changes the folder until it gets a message. Return it and the connection to it."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    other = context.Process(target=change, args=(run, theirs), daemon=True)  # ends with the test process
    other.start()
    assert ours.poll(60)
    assert ours.recv() == "changing"
    return other, ours


def change(run: Path, pipe: Connection) -> None:
    with lock.changing(run):
        pipe.send("changing")
        pipe.recv()
