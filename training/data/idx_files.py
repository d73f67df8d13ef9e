"""Reader of a data set in four IDX files, under any of their usual names."""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

from training.data import dataset, idx
from training.data.dataset import TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS, Array, Dataset, Examples
from training.errors import DataError


def find(folder: Path, name: str) -> Path | None:
    """Return the file ``name``, or None. Its name may also have ``.idx`` instead of ``-idx``, and end in ``.gz``."""
    return next((path for path in _candidates(folder, name) if path.is_file()), None)


def _candidates(folder: Path, name: str) -> Iterator[Path]:
    for place in (folder, folder / "raw", *sorted(folder.glob("*/raw"))):  # torchvision stores them in NAME/raw
        for usual in (name, name.replace("-idx", ".idx")):
            yield from (place / usual, place / f"{usual}.gz")


def load(folder: Path) -> Dataset:
    """Read the files. Without test files, the test set is empty. Raises DataError if a file is missing or broken.

    ``dataset.of_arrays`` decides the classes and checks the shapes.
    """
    train = _pair(folder, TRAIN_IMAGES, TRAIN_LABELS)
    test = _pair(folder, TEST_IMAGES, TEST_LABELS) if find(folder, TEST_IMAGES) else dataset.none()
    return dataset.of_arrays(train, test, "own IDX files")


def check_names(folder: Path) -> None:
    """Refuse IDX files under other names. Raises DataError."""
    others = sorted(path.name for path in folder.iterdir() if "idx3-ubyte" in path.name.lower())
    if others:
        raise DataError(f"{folder} has the IDX file {others[0]}: rename it to {TRAIN_IMAGES} or {TEST_IMAGES}")


def _pair(folder: Path, images: str, labels: str) -> Examples:
    pixels, classes = _array(folder, images), _array(folder, labels)
    names = f"in {folder}, {images} of {pixels.shape} and {labels} of {classes.shape}"
    return Examples(dataset.shaped(pixels, classes, names), classes)


def _array(folder: Path, name: str) -> Array:
    path = find(folder, name) or folder / name
    try:
        content = path.read_bytes()
        return idx.decode(gzip.decompress(content) if path.suffix == ".gz" else content, str(path))
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
