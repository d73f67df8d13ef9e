from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from training.data import folder
from training.data.dataset import Examples
from training.tuning import settings, storage, study, workers
from training.tuning.settings import StudyOptions
from training.tuning.study import Study

Begin = Callable[..., Study]
SPACE = """
learning_rate = { low = 0.001, high = 0.01, log = true }
batch = { choices = [32, 64] }
hidden = { choices = [[16], [16, 8]] }
augmentation.rotation = { low = 0.0, high = 10.0, step = 2.5 }
"""
GRID = """
learning_rate = { choices = [0.001, 0.003, 0.01] }
batch_norm = { choices = [true, false] }
"""


@pytest.fixture(scope="session")
def images(small: Path) -> Examples:
    """Return the first 600 images of MNIST."""
    return folder.load(small).train


def begun(
    examples: Examples, directory: Path, space: str | None = None, trials: int | None = None, **fields: Any
) -> Study:
    """Create or join the study "some" in a database in ``directory``."""
    workers.quiet()
    path = directory / "space.toml"
    if space is not None:
        path.write_text(space)
    options = StudyOptions(space=path if space is not None else None, **fields)
    database = storage.connect(storage.url(directory / "study.db"), grace=2)
    named_study = study.begin(database, "some", lambda recorded: settings.settle(options, examples, recorded))
    named_study.set_goal(trials)
    return named_study


@pytest.fixture
def begin(images: Examples, tmp_path: Path) -> Begin:
    """Return a function that begins a study in ``tmp_path``: ``begin(space, sampler=..., trials=...)``."""
    return partial(begun, images, tmp_path)
