"""HAProxy's log."""

import os
import threading
from pathlib import Path

from serving.gateway import haproxy


def test_lines_that_come_together_are_given_together() -> None:
    out, into = os.pipe()
    os.write(into, b'{"status":503}\n{"status":503}\n[NOTICE] begun\n{"sta')
    with os.fdopen(out, "rb") as pipe:
        lines = haproxy._gathered(pipe)
        assert next(lines) == ['{"status":503}', '{"status":503}', "[NOTICE] begun"]
        os.write(into, b'tus":429}\nlast words')
        os.close(into)
        assert [*lines] == [['{"status":429}'], ["last words"]]


def test_a_line_is_given_while_more_may_come() -> None:
    out, into = os.pipe()
    with os.fdopen(out, "rb") as pipe:
        lines = haproxy._gathered(pipe)
        threading.Timer(0.05, os.write, (into, b"one\n")).start()
        assert next(lines) == ["one"]
        os.close(into)


def test_entries_without_room_are_lost_and_the_next_are_written(tmp_path: Path) -> None:
    log = tmp_path / "gateway.log"
    log.mkdir()  # nothing can be written to the log
    haproxy._write(log, ["one"])
    log.rmdir()
    haproxy._write(log, ["two", "three"])
    assert log.read_text() == "two\nthree\n"


def test_lines_that_have_no_entry_leave_no_file(tmp_path: Path) -> None:
    haproxy._write(tmp_path / "gateway.log", [])
    assert [*tmp_path.iterdir()] == []
