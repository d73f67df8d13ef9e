"""The user's own digits: a folder of IDX files, or of image files in one folder per class."""

from pathlib import Path

import numpy as np

from inference.errors import ServiceError
from model import image_file
from training.data import dataset, idx
from training.data.dataset import TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS, Array, Dataset, Examples
from training.errors import DataError

_LAYOUT = "expected IDX files named as MNIST's, or folders 0 to 9 of images, in it or in its train/ and test/"
_NO_DIGIT = 255  # the label of a folder whose name is no small number: cleaning reports and drops it


def load(folder: Path) -> Dataset:
    """Read every example below ``folder``; image files become 28x28 just as a client's do.

    Without t10k files or a test/ folder the test set is empty: the caller splits.
    Raises DataError if the folder is in neither layout, or an IDX file is broken.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder: {_LAYOUT}")
    if (folder / TRAIN_IMAGES).is_file():
        return _from_idx(folder)
    parts = folder / "train", folder / "test"
    if not parts[0].is_dir():
        parts = folder, Path()
    train, unreadable = _from_classes(parts[0])
    test, more = _from_classes(parts[1]) if parts[1].name and parts[1].is_dir() else (dataset.none(), ())
    if not len(train):
        raise DataError(f"{folder} holds no images: {_LAYOUT}")
    return Dataset(train, test, "own images", unreadable + more)


def _from_idx(folder: Path) -> Dataset:
    train = _pair(folder / TRAIN_IMAGES, folder / TRAIN_LABELS)
    has_test = (folder / TEST_IMAGES).is_file()
    test = _pair(folder / TEST_IMAGES, folder / TEST_LABELS) if has_test else dataset.none()
    return Dataset(train, test, "own IDX files")


def _pair(images: Path, labels: Path) -> Examples:
    pixels, digits = _array(images), _array(labels)
    if pixels.ndim != 3 or digits.ndim != 1 or len(pixels) != len(digits):
        raise DataError(f"{images} of {pixels.shape} and {labels} of {digits.shape} do not belong together")
    return Examples(pixels, digits)


def _array(path: Path) -> Array:
    try:
        return idx.decode(path.read_bytes(), str(path))
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from error


def _from_classes(folder: Path) -> tuple[Examples, tuple[str, ...]]:
    images: list[Array] = []
    labels: list[int] = []
    unreadable: list[str] = []
    for path, label in _files(folder):
        try:
            images.append(image_file.read(path.read_bytes())[0])
            labels.append(label)
        except (ServiceError, OSError) as error:
            unreadable.append(f"{path.relative_to(folder.parent)}: {error}")
    if not images:
        return dataset.none(), tuple(unreadable)
    return Examples(np.stack(images), np.array(labels, dtype=np.uint8)), tuple(unreadable)


def _files(folder: Path) -> list[tuple[Path, int]]:
    """Every visible file of every visible class, in an order that does not depend on the file system."""
    classes = [path for path in sorted(folder.iterdir()) if path.is_dir() and not path.name.startswith(".")]
    return [(path, _label(kind.name)) for kind in classes for path in _visible(kind)]


def _visible(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith(".")]


def _label(name: str) -> int:
    return min(int(name), _NO_DIGIT) if name.isascii() and name.isdigit() else _NO_DIGIT
