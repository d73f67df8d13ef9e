from pathlib import Path

import pytest
import torch

from training.checkpoint import Checkpoint, Epoch

Parts = tuple[torch.nn.Linear, torch.optim.AdamW]

HISTORY = [Epoch(1.5, 0.5, 0.1), Epoch(0.5, 0.9, 0.1)]


@pytest.fixture
def parts() -> Parts:
    network = torch.nn.Linear(3, 2)
    optimizer = torch.optim.AdamW(network.parameters(), lr=0.1)
    network(torch.ones(4, 3)).sum().backward()
    optimizer.step()
    return network, optimizer


def fresh() -> Parts:
    network = torch.nn.Linear(3, 2)
    return network, torch.optim.AdamW(network.parameters())


def test_what_was_saved_is_restored(parts: Parts, tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "checkpoint.pt", "run")
    checkpoint.save(*parts, HISTORY)
    network, optimizer = fresh()
    assert checkpoint.restore(network, optimizer) == HISTORY
    assert torch.equal(network.weight, parts[0].weight)
    assert torch.equal(optimizer.state_dict()["state"][0]["exp_avg"], parts[1].state_dict()["state"][0]["exp_avg"])


def test_another_run_s_checkpoint_is_ignored(parts: Parts, tmp_path: Path) -> None:
    Checkpoint(tmp_path / "checkpoint.pt", "run").save(*parts, HISTORY)
    assert Checkpoint(tmp_path / "checkpoint.pt", "other run").restore(*fresh()) == []


@pytest.mark.parametrize("content", [None, b"", b"torn", b"PK\x03\x04torn"])
def test_a_missing_or_torn_checkpoint_is_ignored(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "checkpoint.pt"
    if content is not None:
        path.write_bytes(content)
    assert Checkpoint(path, "run").restore(*fresh()) == []


def test_removing_what_is_not_there_is_no_error(tmp_path: Path) -> None:
    Checkpoint(tmp_path / "checkpoint.pt", "run").remove()
