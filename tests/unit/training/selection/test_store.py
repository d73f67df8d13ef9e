from pathlib import Path
from typing import Any

import pytest

from training.selection.store import Store

IDENTITY: dict[str, Any] = {"piece": "MLP 128, fold 1 of 5", "settings": {"seed": 0}, "data": "abc"}
OTHERS = [{"settings": {"seed": 1}}, {"data": "abd"}, {"piece": "MLP 128, fold 2 of 5"}, {"code": "new"}]


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    store = Store(tmp_path / "models")
    assert store.load(IDENTITY) is None
    store.save(IDENTITY, {"accuracy": 0.1 + 0.2})
    assert store.load(IDENTITY) == {"accuracy": 0.1 + 0.2}
    (path,) = store.folder.iterdir()
    assert path.name.startswith("mlp-128-fold-1-of-5.")


@pytest.mark.parametrize("change", OTHERS)
def test_a_result_of_anything_else_is_not_taken(tmp_path: Path, change: dict[str, Any]) -> None:
    Store(tmp_path).save(IDENTITY, {"accuracy": 0.5})
    assert Store(tmp_path).load(IDENTITY | change) is None


def test_a_file_that_was_put_under_another_s_name_is_not_taken(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.save(IDENTITY, {"accuracy": 0.5})
    (path,) = tmp_path.iterdir()
    store.save(IDENTITY | {"data": "abd"}, {"accuracy": 0.6})
    (other,) = set(tmp_path.iterdir()) - {path}
    other.replace(path)
    assert store.load(IDENTITY) is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b"\xff"])
def test_a_damaged_file_is_a_missing_one(tmp_path: Path, content: bytes) -> None:
    store = Store(tmp_path)
    store.save(IDENTITY, {"accuracy": 0.5})
    (path,) = tmp_path.iterdir()
    path.write_bytes(content)
    assert store.load(IDENTITY) is None
