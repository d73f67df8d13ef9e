from pathlib import Path

import pytest
import torch

from training.fit.checkpoint import Checkpoint, Epoch

STATE = {"network": {"weight": torch.arange(3.0)}, "average": None, "best": (0.5, {"weight": torch.ones(3)})}
HISTORY = [Epoch(1.5, 1.2, 0.5, 0.1), Epoch(0.5, 0.4, 0.9, 0.1)]


def test_what_was_saved_is_restored(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "checkpoint.pt", "run")
    checkpoint.save(STATE, HISTORY)
    restored = checkpoint.restore()
    assert restored is not None
    state, history = restored
    assert history == HISTORY
    assert torch.equal(state["network"]["weight"], torch.arange(3.0))
    assert state["average"] is None
    assert state["best"][0] == 0.5


def test_another_run_s_checkpoint_is_ignored(tmp_path: Path) -> None:
    Checkpoint(tmp_path / "checkpoint.pt", "run").save(STATE, HISTORY)
    assert Checkpoint(tmp_path / "checkpoint.pt", "other run").restore() is None


@pytest.mark.parametrize("content", [None, b"", b"torn", b"PK\x03\x04torn"])
def test_a_missing_or_torn_checkpoint_is_ignored(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "checkpoint.pt"
    if content is not None:
        path.write_bytes(content)
    assert Checkpoint(path, "run").restore() is None
