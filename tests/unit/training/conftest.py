import sys
from pathlib import Path

import numpy as np
import pytest

from serving.paths import COMMANDS
from tests import forked
from training.data import idx
from training.data.dataset import Dataset
from training.digits import data

TRAIN = (sys.executable, str(COMMANDS), "train")


@pytest.fixture(scope="session")
def mnist() -> Dataset:
    return data.load()


@pytest.fixture(scope="session")
def small(mnist: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of IDX files: the first 600 training and 120 test images of MNIST."""
    folder = tmp_path_factory.mktemp("small")
    for name, array in mnist.arrays().items():
        count = 120 if name.startswith("t10k") else 600
        (folder / name).write_bytes(idx.encode(np.ascontiguousarray(array[:count])))
    return folder


@pytest.fixture(scope="session")
def trained(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the result of scripts/train on the small set in 12 epochs of the default preset."""
    out = tmp_path_factory.mktemp("trained")
    forked.succeed("train", "--data", small, "--out", out, "--epochs", "12")
    return out
