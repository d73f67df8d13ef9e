"""Shared fixtures with real MNIST, a real bundle and a real archive."""

import logging
import os
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from inference import bundle
from inference.bundle import Bundle
from inference.classifier import Classifier
from model import SPEC
from serving import paths
from serving.waiting import within
from tests.schedule import pytest_collection_modifyitems, pytest_xdist_make_scheduler  # noqa: F401 - hooks of pytest
from training.data.dataset import Dataset
from training.digits import data

with warnings.catch_warnings(action="ignore", category=ResourceWarning):
    import ts  # noqa: F401 - leaves a file open when it is imported first, which no test is to blame for


@pytest.fixture(scope="session")
def mnist() -> Dataset:
    """Return all of MNIST: 60,000 training and 10,000 test examples."""
    return data.load()


@pytest.fixture(scope="session")
def product() -> Bundle:
    """Return the product's own bundle, which scripts/test trains while the first tests run."""
    mark = os.environ.get("BUILDING")
    assert not mark or within(500, lambda: not Path(mark).exists(), poll=0.5)
    return bundle.load(paths.BUNDLE, SPEC)


@pytest.fixture(scope="session")
def trained(product: Bundle) -> Classifier:
    """Return the product's own model."""
    return Classifier(product)


@pytest.fixture(scope="session")
def bundle_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of a small bundle that needs no training."""
    from tests import recipe

    path = tmp_path_factory.mktemp("bundle") / bundle.WEIGHTS
    recipe.save(path)
    return path


@pytest.fixture(scope="session")
def small(bundle_path: Path) -> Bundle:
    return bundle.load(bundle_path, SPEC)


@pytest.fixture
def restored() -> Iterator[None]:
    """Undo the settings that a worker makes for its whole process: one thread for torch, a quiet root logger."""
    import torch

    threads, level = torch.get_num_threads(), logging.getLogger().level
    yield
    torch.set_num_threads(threads)
    logging.getLogger().setLevel(level)
