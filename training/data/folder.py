"""The user's own data: a folder of image files in one folder per class, of IDX files, or of NumPy's."""

from pathlib import Path

from training.data import array_files, class_folders, idx_files
from training.data.dataset import TRAIN_IMAGES, Dataset
from training.errors import DataError

_LAYOUT = "expected a folder of images for each class, in it or in its train/ and test/, or IDX, .npz or .npy files"


def load(folder: Path) -> Dataset:
    """Read every example below ``folder``.

    Without t10k files, test arrays or a test/ folder the test set is empty, and so is the validation set: the caller
    splits. Raises DataError if the folder is in no such layout, or a file of arrays is broken.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder: {_LAYOUT}")
    if idx_files.find(folder, TRAIN_IMAGES):
        return idx_files.load(folder)
    if array_files.exist(folder):
        return array_files.load(folder)
    idx_files.check_names(folder)
    data = class_folders.load(folder)
    if not len(data.train):
        raise DataError(f"{folder} holds no images: {_LAYOUT}")
    return data
