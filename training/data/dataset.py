"""Labelled images in memory, and the usual names of IDX files."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from inference.spec import MOST_LABELS
from model import SPEC
from model.pixels import Images
from training.data import idx
from training.errors import DataError

TRAIN_IMAGES = "train-images-idx3-ubyte"
TRAIN_LABELS = "train-labels-idx1-ubyte"
TEST_IMAGES = "t10k-images-idx3-ubyte"
TEST_LABELS = "t10k-labels-idx1-ubyte"
FILES = (TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS)

_SIZE = "x".join(map(str, SPEC.input.shape))

Array = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.unsignedinteger]  # (n,), indices of classes


@dataclass(frozen=True)
class Examples:
    """Images with their labels.

    images  uint8 (n, height, width[, channels]); after cleaning, all have the shape of the data set
    labels  uint8 or uint16 (n,); after cleaning, all are indices of classes
    """

    images: Images
    labels: Labels

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: npt.NDArray[np.bool_] | npt.NDArray[np.int64]) -> "Examples":
        return Examples(self.images[index], self.labels[index])


def none(shape: tuple[int, ...] = SPEC.input.shape) -> Examples:
    """Return a set without examples."""
    return Examples(np.empty((0, *shape), dtype=np.uint8), np.empty(0, dtype=np.uint8))


@dataclass(frozen=True)
class Dataset:
    """Examples of one source before cleaning.

    test        empty if the source has no test set
    source      description of the source for the report
    unreadable  files that could not be read, each with the reason
    validation  empty if the source has no validation set
    classes     label of each class, by its index
    ignored     files of the operating system and of editors, which are no examples
    warnings    sentences about classes that are empty or small
    shape       shape that an image needs to be used
    """

    train: Examples
    test: Examples
    source: str
    unreadable: tuple[str, ...] = ()
    validation: Examples = field(default_factory=none)
    classes: tuple[str, ...] = SPEC.output.labels
    ignored: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    shape: tuple[int, ...] = SPEC.input.shape

    def arrays(self) -> dict[str, npt.NDArray[np.unsignedinteger]]:
        """Return the four arrays under the names of their IDX files."""
        arrays = (self.train.images, self.train.labels, self.test.images, self.test.labels)
        return dict(zip(FILES, arrays, strict=True))

    def checksums(self) -> dict[str, str]:
        """Return the MD5 of each array in the IDX format."""
        arrays = self.arrays()
        if len(self.validation):
            arrays |= {"validation-images": self.validation.images, "validation-labels": self.validation.labels}
        return {name: md5(idx.encode(array)) for name, array in arrays.items()}


def md5(data: bytes) -> str:
    """Return the MD5 in hex, as published with data sets. It detects damage, not forgery."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def shaped(pixels: npt.NDArray[Any], classes: npt.NDArray[Any], names: str) -> npt.NDArray[Any]:
    """Return images as (n, height, width). The input may also be flat or have one channel.

    Raises DataError with ``names`` if the pixels are no images, or their number is not that of the labels ``classes``.
    """
    if pixels.ndim == 2 and pixels.shape[1] == SPEC.input.size:
        pixels = pixels.reshape(SPEC.input.block)
    elif pixels.ndim == 4 and 1 in (pixels.shape[1], pixels.shape[3]):
        pixels = pixels.squeeze(3 if pixels.shape[3] == 1 else 1)
    if pixels.ndim != 3 or classes.ndim != 1 or len(pixels) != len(classes):
        raise DataError(f"{names} do not match")
    return pixels


def of_arrays(train: Examples, test: Examples, source: str, validation: Examples | None = None) -> Dataset:
    """Return a data set of arrays. Its images must have the shape of the specification.

    Its classes are those of the specification. If a label is higher, the classes are 0, 1, 2, ... up to that label.

    Raises DataError for images of another shape, and for labels over 999.
    """
    parts = [part for part in (train, test, validation or none()) if len(part)]
    for part in parts:
        if part.images.shape[1:] != SPEC.input.shape:
            height, width = part.images.shape[1:]
            raise DataError(
                f"{source}: images are {height}x{width}, and arrays need {_SIZE}: make a folder of image files for "
                "each class, which become that size, or others with --size"
            )
    highest = max((int(part.labels.max()) for part in parts), default=0)
    if highest >= MOST_LABELS:
        raise DataError(f"{source}: a label is over {MOST_LABELS - 1}: at most {MOST_LABELS:,} classes can be served")
    own = tuple(map(str, range(highest + 1)))
    classes = own if highest >= len(SPEC.output.labels) else SPEC.output.labels
    return Dataset(train, test, source, validation=validation or none(), classes=classes)
