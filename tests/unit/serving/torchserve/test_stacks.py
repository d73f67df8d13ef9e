"""Stacks of a JVM, printed by a process that answers SIGQUIT in the same form."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from serving.torchserve import stacks

PROGRAM = """
import os, signal, sys
dump = '''2026-11-29 08:35:37
Full thread dump OpenJDK 64-Bit Server VM:

"main" #1
\tat java.lang.Thread.sleep

"W-9000-digits_1.0" #2
\tat WorkerThread.run

JNI global refs: 34, weak refs: 0

'''
def answer(*_):
    os.write(1, dump.encode() * int(sys.argv[1]) + b"a line of its own\\n" * (sys.argv[1] != "0"))
signal.signal(signal.SIGQUIT, answer)
print("started", flush=True)
while True:
    signal.pause()
"""
Start = Callable[[int], int]


@pytest.fixture
def console(tmp_path: Path) -> Path:
    return tmp_path / "console.log"


@pytest.fixture
def start(console: Path) -> Iterator[Start]:
    """Start a process that prints this many dumps. Return its process id."""
    started: list[subprocess.Popen[bytes]] = []

    def run(dumps: int) -> int:
        with console.open("a") as out:
            started.append(subprocess.Popen([sys.executable, "-c", PROGRAM, str(dumps)], stdout=out))
        while console.read_text() != "started\n":
            assert started[0].poll() is None
        return started[0].pid

    yield run
    for process in started:
        process.kill()
        process.wait(10)


def test_each_thread_is_a_paragraph(start: Start, console: Path) -> None:
    text = stacks.of(start(1), console)
    assert '"main" #1\n\tat java.lang.Thread.sleep' in text
    assert '"W-9000-digits_1.0" #2\n\tat WorkerThread.run' in text


def test_the_console_keeps_what_is_no_stack(start: Start, console: Path) -> None:
    pid = start(1)
    for _ in range(3):
        stacks.of(pid, console)
    assert console.read_text() == "started\n" + 3 * "a line of its own\n"


def test_stacks_that_came_too_late_are_cut_by_the_next_look(start: Start, console: Path) -> None:
    stacks.of(start(2), console)
    assert console.read_text() == "started\na line of its own\n"


def test_a_process_that_prints_none_is_given_up(start: Start, console: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stacks, "_PRINT_SECONDS", 0.05)
    pid = start(0)
    with pytest.raises(TimeoutError, match=f"process {pid} printed no stacks"):
        stacks.of(pid, console)
