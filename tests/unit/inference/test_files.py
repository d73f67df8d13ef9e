"""Files that are written whole or not at all, and files that are read up to a limit."""

import multiprocessing
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from inference.files import PRIVATE, PRIVATE_FOLDER, make_folder, read, replace, replace_json, replacing


@pytest.fixture
def no_umask() -> Iterator[None]:
    """Set a umask that gives all permissions to all users."""
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_folders_are_made(tmp_path: Path) -> None:
    replace(tmp_path / "a" / "b" / "file", b"content")
    assert (tmp_path / "a" / "b" / "file").read_bytes() == b"content"


def test_an_old_file_is_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for content in (b"a longer content", b"short"):
        replace(path, content)
    assert path.read_bytes() == b"short"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("umask", [0, 0o022, 0o077])
def test_the_file_can_be_read_by_everybody(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        replace(tmp_path / "file", b"")
    finally:
        os.umask(before)
    assert mode(tmp_path / "file") == 0o644


@pytest.mark.usefixtures("no_umask")
@pytest.mark.parametrize("write", [replace, lambda path, _, mode: replace_json(path, {}, mode)])
def test_a_private_file_is_private_from_its_creation_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[[Path, bytes, int], None]
) -> None:
    modes: list[int] = []

    def record(action: Callable[..., object]) -> Callable[..., object]:
        def recorded(path: Path, *arguments: object) -> object:
            modes.append(mode(path))
            result = action(path, *arguments)
            modes.extend(mode(file) for file in tmp_path.iterdir())
            return result

        return recorded

    monkeypatch.setattr(Path, "write_bytes", record(Path.write_bytes))
    monkeypatch.setattr(Path, "replace", record(Path.replace))
    write(tmp_path / "secret", b"secret", PRIVATE)
    assert modes == [PRIVATE] * 4  # before and after writing, before and after renaming


@pytest.mark.usefixtures("no_umask")
def test_a_private_file_replaces_a_public_one(tmp_path: Path) -> None:
    path = tmp_path / "file"
    replace(path, b"old")
    replace(path, b"new", PRIVATE)
    assert mode(path) == PRIVATE


@pytest.mark.usefixtures("no_umask")
def test_the_folders_of_a_private_file_are_private(tmp_path: Path) -> None:
    replace(tmp_path / "a" / "b" / "secret", b"", PRIVATE)
    assert [mode(tmp_path / "a"), mode(tmp_path / "a" / "b")] == [PRIVATE_FOLDER] * 2


@pytest.mark.usefixtures("no_umask")
def test_a_folder_that_exists_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir(0o755)
    make_folder(tmp_path / "old" / "new", PRIVATE_FOLDER)
    assert [mode(tmp_path / "old"), mode(tmp_path / "old" / "new")] == [0o755, PRIVATE_FOLDER]
    make_folder(tmp_path / "old" / "new", 0o755)
    assert mode(tmp_path / "old" / "new") == PRIVATE_FOLDER


def test_a_file_in_the_way_of_a_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FileExistsError):
        make_folder(tmp_path / "file", PRIVATE_FOLDER)


def test_a_file_is_read_up_to_its_limit(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"1234")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    assert read(tmp_path / "file", 4) == read(tmp_path / "link", 5) == b"1234"
    with pytest.raises(OSError, match="has 4 bytes; 3 are allowed"):
        read(tmp_path / "file", 3)


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "file").open("wb") as file:
        file.truncate(1 << 40)  # a sparse file
    with pytest.raises(OSError, match="1099511627776 bytes"):
        read(tmp_path / "file", 1 << 20)


@pytest.mark.timeout(10)
def test_only_a_regular_file_is_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "device").symlink_to("/dev/zero")
    for path in (tmp_path, tmp_path / "fifo", tmp_path / "device"):
        with pytest.raises(OSError, match="not a regular file"):
            read(path, 1 << 20)
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "missing", 1)


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
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def write_often(path: Path, letter: bytes) -> None:
    for _ in range(50):
        replace(path, letter * 100_000)


def test_readers_never_meet_a_mixture(tmp_path: Path) -> None:
    path = tmp_path / "file"
    replace(path, b"a" * 100_000)
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=write_often, args=(path, letter), daemon=True) for letter in (b"a", b"b")]
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
