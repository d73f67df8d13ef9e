"""MNIST for code that knows nothing of the product's files."""

from pathlib import Path

import numpy as np

from training.digits import data


def write(folder: Path) -> None:
    """``train_images``, ``train_labels``, ``test_images``, ``test_labels`` as .npy: uint8, in the published order."""
    mnist = data.load()
    for part, examples in (("train", mnist.train), ("test", mnist.test)):
        np.save(folder / f"{part}_images.npy", examples.images)
        np.save(folder / f"{part}_labels.npy", examples.labels)
