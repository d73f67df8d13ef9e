"""The JSON files of a run folder: read whole, or an error that names the remedy."""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from serving import state
from serving.state import StateError, StateFile


@dataclass(frozen=True)
class Process:
    pid: int
    folder: Path
    url: str = ""


def read(path: Path) -> Process | None:
    return file(path.name).read(path.parent)


def file(name: str) -> StateFile[Process]:
    return StateFile(name, state.fields(Process), "remove it")


def test_a_file_reads_back_with_its_paths(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"pid": 1, "folder": "/a"}')
    assert read(tmp_path / "a.json") == Process(1, Path("/a"))
    process = Process(2, Path("/b"), "http://c")
    file("b.json").write(tmp_path, process)
    assert read(tmp_path / "b.json") == process
    assert (tmp_path / "b.json").stat().st_mode & 0o777 == 0o600
    file("b.json").remove(tmp_path)
    assert read(tmp_path / "b.json") is None


def test_no_file_is_no_state(tmp_path: Path) -> None:
    assert read(tmp_path / "a.json") is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"{",
        b"[]",
        b"null",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"pid": 1}',
        b'{"pid": "1", "folder": "/tmp"}',
        b'{"pid": 1, "folder": 2}',
        b'{"pid": 1, "folder": "/tmp", "more": 1}',
        b'{"pid": 1, "folder": "/tmp"}' + b" " * (1 << 20),
    ],
    ids=range(12),
)
def test_a_damaged_file_names_the_remedy(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(StateError, match=r"a\.json is damaged .*: remove it$"):
        read(tmp_path / "a.json")


def test_what_is_no_file_names_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name in ("folder", "pipe"):
        with pytest.raises(StateError, match=r"is not a regular file.*: remove it$"):
            read(tmp_path / name)
