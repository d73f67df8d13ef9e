from pathlib import Path
from typing import Any

import pytest

from training.selection import record
from training.selection.record import Store

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


@pytest.mark.parametrize("name", ["model/network.py", "training/fit/loop.py", "training/selection/jobs.py"])
def test_code_that_computes_results_counts(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.parent.mkdir(parents=True)
    before = record.source_hash(tmp_path)
    file.write_text("RATE = 1\n")
    record.source_hash.cache_clear()
    assert record.source_hash(tmp_path) != before


def test_code_that_computes_nothing_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "training" / "reports").mkdir(parents=True)
    before = record.source_hash(tmp_path)
    (tmp_path / "training" / "reports" / "page.py").write_text("TITLE = 1\n")
    record.source_hash.cache_clear()
    assert record.source_hash(tmp_path) == before


def test_the_sources_are_those_of_this_repository() -> None:
    assert all(any((record._ROOT / folder).glob("*.py")) for folder in record._SOURCES)
