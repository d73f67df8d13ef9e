"""List of a node's copies in a model store, which several nodes may share."""

import stat
from pathlib import Path

import pytest

from serving.node import copies
from serving.state import StateError


def test_what_is_remembered_is_read_and_private(tmp_path: Path) -> None:
    assert copies.read(tmp_path) == frozenset()
    copies.remember(tmp_path, frozenset({"b.mar", "a.mar"}))
    assert copies.read(tmp_path) == {"a.mar", "b.mar"}
    (file,) = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    written = file.stat().st_ino
    copies.remember(tmp_path, frozenset({"a.mar", "b.mar"}))
    assert file.stat().st_ino == written, "the same list is not written again"
    copies.remember(tmp_path, frozenset())
    assert copies.read(tmp_path) == frozenset()


@pytest.mark.parametrize(
    "content", ["", "[]", *(f'{{"files": [{name}]}}' for name in ('"../a.mar"', '"/a.mar"', "1", '""', '"."', '".."'))]
)
def test_a_list_that_names_other_files_is_damaged(tmp_path: Path, content: str) -> None:
    copies.remember(tmp_path, frozenset({"a.mar"}))
    (file,) = tmp_path.iterdir()
    file.write_text(content)
    with pytest.raises(StateError, match="old copies of archives stay where they are"):
        copies.read(tmp_path)


def test_a_copy_is_deleted_with_its_record(tmp_path: Path) -> None:
    for name in ("a.mar", "a.mar.json", "b.mar", "b.mar.json"):
        (tmp_path / name).touch()
    copies.delete(tmp_path, ["a.mar", "gone.mar"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.mar", "b.mar.json"]
