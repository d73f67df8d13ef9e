import pytest

from training import atomic


def test_a_file_that_fails_halfway_leaves_the_old_one_and_no_trace(tmp_path):
    path = tmp_path / "file.json"
    path.write_bytes(b"old")

    def fail() -> None:
        with atomic.replacing(path) as partial:
            partial.write_bytes(b"new, but")
            raise RuntimeError("halfway")

    with pytest.raises(RuntimeError, match="halfway"):
        fail()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_folders_are_made_on_the_way(tmp_path):
    atomic.write_json(tmp_path / "a" / "b" / "c.json", {"n": 1})
    assert (tmp_path / "a" / "b" / "c.json").read_text() == '{\n  "n": 1\n}\n'
