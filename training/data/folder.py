"""The user's own data: a folder of image files in one folder per class, or of IDX files."""

from pathlib import Path

from training.data import class_folders, idx_files
from training.data.dataset import TRAIN_IMAGES, Dataset
from training.errors import DataError

_LAYOUT = "expected a folder of images for each class, in it or in its train/ and test/, or IDX files"


def load(folder: Path) -> Dataset:
    """Read every example below ``folder``.

    Without t10k files or a test/ folder the test set is empty, and so is the validation set: the caller splits.
    Raises DataError if the folder is in neither layout, or an IDX file is broken.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder: {_LAYOUT}")
    if idx_files.find(folder, TRAIN_IMAGES):
        return idx_files.load(folder)
    data = class_folders.load(folder)
    if not len(data.train):
        raise DataError(f"{folder} holds no images: {_LAYOUT}")
    return data
