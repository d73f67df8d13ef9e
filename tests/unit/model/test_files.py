"""Files that are written whole or not at all."""

import multiprocessing
from pathlib import Path

import pytest

from model.files import replace, replace_json, replacing


def test_folders_are_made(tmp_path: Path) -> None:
    replace(tmp_path / "a" / "b" / "file", b"content")
    assert (tmp_path / "a" / "b" / "file").read_bytes() == b"content"


def test_an_old_file_is_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for content in (b"a longer content", b"short"):
        replace(path, content)
    assert path.read_bytes() == b"short"
    assert list(tmp_path.iterdir()) == [path]


def test_the_file_can_be_read_by_everybody(tmp_path: Path) -> None:
    replace(tmp_path / "file", b"")
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o644


def test_if_it_fails_the_old_file_stays_and_no_partial_one_is_left(tmp_path: Path) -> None:
    path = tmp_path / "file"
    replace(path, b"old")
    with pytest.raises(TypeError):
        replace(path, "not bytes")  # type: ignore[arg-type]
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_in_the_way_is_an_error_that_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").mkdir()
    with pytest.raises(OSError, match="directory"):
        replace(tmp_path / "file", b"content")
    assert [found.name for found in tmp_path.iterdir()] == ["file"]


def write_often(path: Path, letter: bytes) -> None:
    for _ in range(50):
        replace(path, letter * 100_000)


def test_readers_never_meet_a_mixture(tmp_path: Path) -> None:
    path = tmp_path / "file"
    replace(path, b"a" * 100_000)
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=write_often, args=(path, letter)) for letter in (b"a", b"b")]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        content = path.read_bytes()
        assert content in (b"a" * 100_000, b"b" * 100_000)
    assert [writer.exitcode for writer in writers] == [0, 0]


def test_a_block_that_fails_halfway_leaves_the_old_file_and_no_trace(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    replace(path, b"old")

    def fail() -> None:
        with replacing(path) as partial:
            partial.write_bytes(b"new, but")
            raise RuntimeError("halfway")

    with pytest.raises(RuntimeError, match="halfway"):
        fail()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_json_is_written_for_people(tmp_path: Path) -> None:
    replace_json(tmp_path / "file.json", {"n": 1})
    assert (tmp_path / "file.json").read_text() == '{\n  "n": 1\n}\n'
