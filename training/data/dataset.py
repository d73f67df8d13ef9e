"""Labelled images in memory, and the four names that they have on disk."""

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from model.pixels import SIDE, Images
from training.data import idx

TRAIN_IMAGES = "train-images-idx3-ubyte"
TRAIN_LABELS = "train-labels-idx1-ubyte"
TEST_IMAGES = "t10k-images-idx3-ubyte"
TEST_LABELS = "t10k-labels-idx1-ubyte"
FILES = (TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS)

Array = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Examples:
    """Images with their labels.

    images  uint8 (n, height, width); (n, 28, 28) once cleaned
    labels  uint8 (n,); 0..9 once cleaned
    """

    images: Images
    labels: Array

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: npt.NDArray[np.bool_] | npt.NDArray[np.int64]) -> "Examples":
        return Examples(self.images[index], self.labels[index])


@dataclass(frozen=True)
class Dataset:
    """What a source gives: training and test examples, as they came.

    test        has no examples where the source makes no such division
    unreadable  files that could not be read, each with the reason
    source      where it came from, for the report
    """

    train: Examples
    test: Examples
    source: str
    unreadable: tuple[str, ...] = ()

    def arrays(self) -> dict[str, Array]:
        """The four arrays under the names of their IDX files."""
        arrays = (self.train.images, self.train.labels, self.test.images, self.test.labels)
        return dict(zip(FILES, arrays, strict=True))

    def checksums(self) -> dict[str, str]:
        """MD5 of each IDX file; for MNIST these are the published ones."""
        return {name: md5(idx.encode(array)) for name, array in self.arrays().items()}


def none() -> Examples:
    return Examples(np.empty((0, SIDE, SIDE), dtype=np.uint8), np.empty(0, dtype=np.uint8))


def md5(data: bytes) -> str:
    """Hex MD5: MNIST is published with it. It tells damage, not forgery; the download itself is held to a sha256."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
