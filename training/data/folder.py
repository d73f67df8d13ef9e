"""Reader of the user's own data: image files in a folder for each class, IDX files, or files of NumPy."""

from collections.abc import Callable
from pathlib import Path

from training.data import array_files, class_folders, idx_files
from training.data.class_folders import NORMALISED, ClassReader
from training.data.dataset import TRAIN_IMAGES, Dataset
from training.errors import DataError

_LAYOUT = "expected a folder of images for each class, in it or in its train/ and test/, or IDX, .npz or .npy files"


def load(folder: Path, reading: ClassReader = NORMALISED) -> Dataset:
    """Read every example below ``folder``.

    reading  how image files are decoded; not for IDX and NumPy files, whose images are decoded already

    The test and validation sets are empty if the folder has none: the caller splits the training set.
    Raises DataError if the folder has another layout, or a file of arrays is broken.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder: {_LAYOUT}")
    load_arrays = _arrays(folder)
    if load_arrays and reading != NORMALISED:
        raise DataError(f"{folder} contains arrays: a size and color are for folders of images")
    data = load_arrays(folder) if load_arrays else class_folders.load(folder, reading)
    if not len(data.train):
        raise DataError(f"{folder} contains no images: {_LAYOUT}")
    return data


def _arrays(folder: Path) -> Callable[[Path], Dataset] | None:
    """Return the function that reads the arrays of a folder, or None if the folder has no arrays."""
    if idx_files.find(folder, TRAIN_IMAGES):
        return idx_files.load
    if array_files.exist(folder):
        return array_files.load
    idx_files.check_names(folder)
    return None
