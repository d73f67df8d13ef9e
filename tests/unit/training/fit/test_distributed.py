"""Two real processes on this machine, started as torchrun starts them, compared with one process.

tests/live/test_training_pages.py starts torchrun itself.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch

from inference import bundle
from model import SPEC
from serving.torchserve import ports
from tests import forked
from tests.forked import Command
from training.fit.distributed import ALONE, joined

PLAIN = ("--preset", "seed", "--set", "batch=100", "--epochs", "3")  # no batch norm, dropout or distortion


@contextmanager
def pair(*words: object) -> Iterator[list[Command]]:
    """Start two processes of a training, in the environment that torchrun sets."""
    environment = {"TORCHELASTIC_RUN_ID": "none", "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1"}
    environment["MASTER_PORT"] = str(ports.free(1)[0])
    with ExitStack() as stack:
        yield [
            stack.enter_context(forked.started("train", *words, **environment, RANK=rank, LOCAL_RANK=rank))
            for rank in "01"
        ]


def together(*words: object) -> str:
    """Run both processes, and check that they succeed. Return their output."""
    with pair(*words) as both:
        ended = [process.completed() for process in both]
    for completed in ended:
        assert completed.returncode == 0, completed.stderr
    return "".join(completed.stdout for completed in ended)


def test_two_processes_make_the_weights_of_one(small: Path, tmp_path: Path) -> None:
    options = (*PLAIN, "--data", small, "--out")
    printed = together(*options, tmp_path / "two")
    assert printed.count("test images are right") == 1
    forked.succeed("train", *options, tmp_path / "one")
    two, one = (bundle.load(tmp_path / name / bundle.WEIGHTS, SPEC).parameters for name in ("two", "one"))
    for name, weight in one.items():
        np.testing.assert_allclose(two[name], weight, atol=1e-4)


def test_two_processes_stop_and_go_on_to_the_same_bytes(small: Path, tmp_path: Path) -> None:
    options = ("--set", "average=0.9", "--epochs", "4", "--data", small, "--out")
    together(*options, tmp_path / "whole")
    with pair(*options, tmp_path / "ended") as (first, _):
        assert any(line.startswith("epoch 2/4") for line in first.stderr)
    together(*options, tmp_path / "ended", "--resume")
    resumed, undisturbed = (tmp_path / name / bundle.WEIGHTS for name in ("ended", "whole"))
    assert resumed.read_bytes() == undisturbed.read_bytes()


def test_a_mistake_ends_all_of_them(tmp_path: Path) -> None:
    with pair("--set", "dropout=2", "--data", tmp_path, "--out", tmp_path / "out") as both:
        for completed in [process.completed() for process in both]:
            assert completed.returncode == 1
            assert "error: dropout must be at least 0 and under 1, not 2.0" in completed.stderr


def test_alone_nothing_is_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TORCHELASTIC_RUN_ID", raising=False)
    with joined() as group:
        assert group is ALONE
        assert group.is_main
        index = torch.arange(5)
        assert group.share(index) is index
        assert group.broadcast("word") == "word"
