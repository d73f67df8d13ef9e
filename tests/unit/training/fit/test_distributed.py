"""Two real processes that torchrun starts on this machine, beside one process."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from inference import bundle
from model import SPEC
from tests.processes import bounded
from tests.unit.training.conftest import TRAIN
from training.fit.distributed import ALONE, joined

PLAIN = ("--preset", "seed", "--set", "batch=100", "--epochs", "3")  # no batch norm, dropout or distortion
TORCHRUN = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
QUIET = os.environ | {"OMP_NUM_THREADS": "1"}


def train(*command: str, data: Path, out: Path) -> subprocess.CompletedProcess[str]:
    options = ("--data", str(data), "--out", str(out))
    return subprocess.run([*command, *options], capture_output=True, text=True, check=False, env=QUIET, timeout=240)


def test_two_processes_make_the_weights_of_one(small: Path, tmp_path: Path) -> None:
    together = train(*TORCHRUN, *TRAIN[1:], *PLAIN, data=small, out=tmp_path / "two")
    assert together.returncode == 0, together.stderr
    assert together.stdout.count("test images are right") == 1
    assert train(*TRAIN, *PLAIN, data=small, out=tmp_path / "one").returncode == 0
    two, one = (bundle.load(tmp_path / name / bundle.WEIGHTS, SPEC).parameters for name in ("two", "one"))
    for name, weight in one.items():
        np.testing.assert_allclose(two[name], weight, atol=1e-4)


def test_two_processes_stop_and_go_on_to_the_same_bytes(small: Path, tmp_path: Path) -> None:
    command = (*TORCHRUN, *TRAIN[1:], "--set", "average=0.9", "--epochs")
    whole = train(*command, "4", data=small, out=tmp_path / "whole")
    assert whole.returncode == 0, whole.stderr
    options = [*command, "4", "--data", str(small), "--out", str(tmp_path / "ended")]
    started = subprocess.Popen(options, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=QUIET)
    with bounded(started) as ended:
        assert ended.stderr is not None
        assert any(line.startswith("epoch 2/4") for line in ended.stderr)
        ended.terminate()  # torchrun ends its processes with it
        ended.stderr.read()
    again = train(*command, "4", "--resume", data=small, out=tmp_path / "ended")
    assert again.returncode == 0, again.stderr
    made, undisturbed = (tmp_path / name / bundle.WEIGHTS for name in ("ended", "whole"))
    assert made.read_bytes() == undisturbed.read_bytes()


def test_a_mistake_ends_all_of_them(tmp_path: Path) -> None:
    done = train(*TORCHRUN, *TRAIN[1:], "--set", "dropout=2", data=tmp_path, out=tmp_path / "out")
    assert done.returncode != 0
    assert "error: dropout must be at least 0 and under 1, not 2.0" in done.stderr


def test_alone_nothing_is_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TORCHELASTIC_RUN_ID", raising=False)
    with joined() as group:
        assert group is ALONE
        assert group.is_main
        index = torch.arange(5)
        assert group.share(index) is index
        assert group.broadcast("word") == "word"
