"""The audit file: writers append whole lines, and only its owner may read it."""

import json
import os
import pwd
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from serving import audit, paths, rotation


def lines(directory: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (directory / audit.FILE).read_text().splitlines()]


def test_an_entry_says_when_who_how_and_what(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUDO_USER", raising=False)
    monkeypatch.setattr(sys, "argv", [str(paths.ROOT / "scripts" / "scale"), "2", "--directory", "a b"])
    audit.record(tmp_path, "scale", workers=2)
    (entry,) = lines(tmp_path)
    assert datetime.fromisoformat(entry.pop("time")).utcoffset() is not None
    assert entry == {
        "user": pwd.getpwuid(os.getuid()).pw_name,
        "command": "scripts/scale 2 --directory 'a b'",
        "process": os.getpid(),
        "action": "scale",
        "outcome": "done",
        "workers": 2,
    }


def test_the_account_behind_sudo_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_USER", "ada")
    assert audit.user().endswith(" (ada)")


def test_a_user_without_a_name_is_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUDO_USER", raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000)
    assert audit.user() == "4000000"


def test_a_program_elsewhere_keeps_its_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/opt/other/tool", "go"])
    assert audit.command() == "/opt/other/tool go"


def test_a_change_has_a_beginning_and_an_end(tmp_path: Path) -> None:
    with audit.recorded(tmp_path, "rollout", version="2.0"):
        assert [entry["outcome"] for entry in lines(tmp_path)] == ["begun"]
    assert [(entry["outcome"], entry["version"]) for entry in lines(tmp_path)] == [("begun", "2.0"), ("done", "2.0")]


def test_a_change_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no room"), audit.recorded(tmp_path, "scale"):
        raise ValueError("no room")
    with pytest.raises(KeyboardInterrupt), audit.recorded(tmp_path, "scale"):
        raise KeyboardInterrupt
    outcomes = [entry["outcome"] for entry in lines(tmp_path)]
    assert outcomes == ["begun", "failed: no room", "begun", "failed: KeyboardInterrupt"]


def test_only_the_owner_reads_it(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        audit.record(tmp_path / "run", "start")
    finally:
        os.umask(before)
    assert (tmp_path / "run" / audit.FILE).stat().st_mode & 0o777 == 0o600


def test_earlier_lines_stay(tmp_path: Path) -> None:
    audit.record(tmp_path, "start")
    before = (tmp_path / audit.FILE).read_bytes()
    audit.record(tmp_path, "stop")
    assert (tmp_path / audit.FILE).read_bytes().startswith(before)
    assert [entry["action"] for entry in lines(tmp_path)] == ["start", "stop"]


def test_no_message_makes_two_lines_or_an_endless_one(tmp_path: Path) -> None:
    audit.record(tmp_path, "rollout", "failed: " + "one\ntwo " * 10_000)
    assert (tmp_path / audit.FILE).read_bytes().count(b"\n") == 1
    assert (tmp_path / audit.FILE).stat().st_size < 2_000


def test_processes_write_whole_lines(tmp_path: Path) -> None:
    program = "import sys; from pathlib import Path; from serving import audit\n" + (
        "for n in range(200): audit.record(Path(sys.argv[1]), sys.argv[2] * 100, n=n)"
    )
    writers = [
        subprocess.Popen([sys.executable, "-c", program, str(tmp_path), letter], cwd=paths.ROOT) for letter in "abcd"
    ]
    assert [writer.wait(60) for writer in writers] == [0] * 4
    entries = lines(tmp_path)
    for letter in "abcd":
        assert [entry["n"] for entry in entries if entry["action"] == letter * 100] == list(range(200))


def test_ten_files_are_kept(tmp_path: Path) -> None:
    file = tmp_path / audit.FILE
    before = [file.with_name(f"{file.name}.{turn}") for turn in range(1, audit.FILES)]
    for old in (file, *before):
        old.write_text(f"{old.name}\n")
    os.truncate(file, rotation.SIZE)  # a sparse file
    audit.record(tmp_path, "start")
    assert [entry["action"] for entry in lines(tmp_path)] == ["start"]
    assert before[0].stat().st_size == rotation.SIZE
    assert [old.read_text() for old in before[1:]] == [f"{younger.name}\n" for younger in before[:-1]]
    assert len([*tmp_path.iterdir()]) == 10


def test_a_line_without_room_leaves_none_of_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    audit.record(tmp_path, "start")
    before, write = (tmp_path / audit.FILE).read_bytes(), os.write
    monkeypatch.setattr(os, "write", lambda handle, content: write(handle, content[:10]))
    audit.record(tmp_path, "stop")  # and does not raise
    assert (tmp_path / audit.FILE).read_bytes() == before
    assert "the audit entry of stop was not written" in caplog.text
