"""Reference for drift: statistics of the training set, and the share of refused predictions for the test set."""

from pathlib import Path

from inference import drift
from inference.bundle import Bundle
from inference.classifier import Classifier
from inference.files import replace
from training.data.dataset import Examples


def write(made: Bundle, train: Examples, test: Examples, folder: Path) -> None:
    """Write the reference of a bundle into its folder. Raises ValueError if the model has no statistics."""
    accepted = Classifier(made).predict(test.images).accepted
    reference = drift.Reference.of(train.images, train.labels, accepted, made.spec)
    replace(folder / drift.FILE, reference.content())
