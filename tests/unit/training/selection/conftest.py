from pathlib import Path

import pytest

from training.data import folder, split
from training.selection.training_images import TrainingImages


@pytest.fixture(scope="session")
def material(small: Path) -> TrainingImages:
    """Return 600 images of MNIST, 50 of them for validation."""
    return TrainingImages(*split.stratified(folder.load(small).train, split.VALIDATION))
