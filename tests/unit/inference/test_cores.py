"""The cores that a process may use, with and without the limit of a container."""

import os
from pathlib import Path

import pytest

from inference import cores


@pytest.mark.parametrize(
    ("limit", "count"),
    [("max 100000", 4), ("250000 100000", 2), ("50000 100000", 1), ("900000 100000", 4), ("", 4)],
)
def test_a_containers_limit_counts(limit: str, count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "cpu.max"
    file.write_text(f"{limit}\n")
    monkeypatch.setattr(cores, "_LIMIT", file)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(4)))
    assert cores.available() == count


def test_without_a_limit_all_cores_of_the_affinity_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cores, "_LIMIT", tmp_path / "none")
    assert cores.available() == len(os.sched_getaffinity(0))
