"""Labelled images that a comparison may use."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from training.data import dataset, split
from training.data.dataset import Examples

_QUICK = 600  # images in all


@dataclass(frozen=True)
class TrainingImages:
    """Training and validation images. The test set is not included."""

    train: Examples
    validation: Examples

    @cached_property
    def whole(self) -> Examples:
        """Return the training images and then the validation images. Cross-validation splits them into folds."""
        images = np.concatenate([self.train.images, self.validation.images])
        return Examples(images, np.concatenate([self.train.labels, self.validation.labels]))

    @cached_property
    def checksum(self) -> str:
        """Return a hash of all pixels and labels, and of the split. It changes with the data and its cleaning."""
        whole = self.whole
        cut = str((len(self.train), whole.images.shape)).encode()
        return dataset.md5(cut + whole.images.tobytes() + whole.labels.tobytes())


def quick(material: TrainingImages) -> TrainingImages:
    """Return about 600 of the images, with every class in the same proportion."""
    share = min(1.0, _QUICK / (len(material.train) + len(material.validation)))
    return TrainingImages(*(split.stratified(part, share)[1] for part in (material.train, material.validation)))
