"""Reader of a data set in NumPy's formats: one .npz file, or several .npy files, under any of their usual names."""

import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from training.data import dataset
from training.data.dataset import Dataset, Examples
from training.errors import DataError

_IMAGES = {
    "train": ("x_train", "train_x", "train_images", "train_imgs", "train_data", "images", "x"),
    "test": ("x_test", "test_x", "test_images", "test_imgs", "test_data", "t10k_images"),
    "validation": ("x_val", "val_x", "val_images", "val_imgs", "x_valid", "valid_images", "validation_images"),
}
_LABELS = {
    "train": ("y_train", "train_y", "train_labels", "labels", "y"),
    "test": ("y_test", "test_y", "test_labels", "t10k_labels"),
    "validation": ("y_val", "val_y", "val_labels", "y_valid", "valid_labels", "validation_labels"),
}
_NAMES = "x_train and y_train, train_images and train_labels, or images and labels"


class _ArrayFile(NamedTuple):
    """Source of one array: a file, or the ``member`` of an .npz file."""

    path: Path
    member: str = ""

    def __str__(self) -> str:
        return f"{self.path.name}:{self.member}" if self.member else self.path.name

    def read(self) -> npt.NDArray[Any]:
        """Return the array. Raises DataError if the file is broken."""
        try:
            with self.path.open("rb") as file:
                loaded = np.load(file, allow_pickle=False)
                array: npt.NDArray[Any] = loaded[self.member] if self.member else loaded
        except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise DataError(f"{self} cannot be read: {error}") from error
        return array


def exist(folder: Path) -> bool:
    """Return whether the folder has .npy or .npz files."""
    return bool(_files(folder))


def load(folder: Path) -> Dataset:
    """Read the arrays: images (n, height, width), (n, height, width, 1) or (n, pixels), and labels (n,) or (n, 1).

    Images are uint8, whole numbers from 0 to 255, or floats from 0 to 1. Pickled objects are refused.

    Raises DataError, with the name of the file or array, if images or labels are missing or have wrong values. Also
    raises the errors of ``dataset.of_arrays``.
    """
    named = _named(_files(folder))
    train = _part(folder, "train", named)
    if train is None:
        names = ", ".join(map(str, named.values()))
        raise DataError(f"{folder} has the arrays {names}: rename them to {_NAMES}")
    test, validation = (_part(folder, part, named) or dataset.none() for part in ("test", "validation"))
    return dataset.of_arrays(train, test, "own arrays", validation)


def _files(folder: Path) -> list[Path]:
    files = sorted(path for path in folder.iterdir() if path.suffix in (".npy", ".npz"))
    return [path for path in files if not path.name.startswith(".")]


def _named(files: Iterable[Path]) -> dict[str, _ArrayFile]:
    """Return a mapping from the lower-case name of each array to its name for errors and a function that reads it."""
    named: dict[str, _ArrayFile] = {}
    for path in files:
        for member in _members(path) if path.suffix == ".npz" else [""]:
            array, key = _ArrayFile(path, member), (member or path.stem).lower().replace("-", "_")
            if key in named:
                raise DataError(f"{named[key]} and {array} are both the array {key}: remove one")
            named[key] = array
    return named


def _members(path: Path) -> list[str]:
    try:
        with zipfile.ZipFile(path) as file:
            return [name.removesuffix(".npy") for name in file.namelist() if name.endswith(".npy")]
    except (OSError, zipfile.BadZipFile) as error:
        raise DataError(f"{path} cannot be read: {error}") from error


def _part(folder: Path, part: str, named: Mapping[str, _ArrayFile]) -> Examples | None:
    images = next((named[name] for name in _IMAGES[part] if name in named), None)
    labels = next((named[name] for name in _LABELS[part] if name in named), None)
    if images is None and labels is None:
        return None
    if images is None or labels is None:
        kind, there = ("labels", images) if labels is None else ("images", labels)
        names = _LABELS[part] if labels is None else _IMAGES[part]
        raise DataError(f"{folder} has {there} without its {kind}: name them {names[0]}")
    pixels, classes = images.read(), labels.read()
    classes = classes.reshape(-1) if classes.ndim == 2 and classes.shape[1] == 1 else classes
    shaped = dataset.shaped(pixels, classes, f"{images} of {pixels.shape} and {labels} of {classes.shape}")
    return Examples(_bytes(shaped, images), _indices(classes, labels))


def _bytes(pixels: npt.NDArray[Any], name: _ArrayFile) -> npt.NDArray[np.uint8]:
    """Return the images as bytes 0..255. Raises DataError for other numbers."""
    if pixels.dtype == np.uint8:
        return pixels.copy()
    if pixels.dtype.kind not in "buif":
        raise DataError(f"{name} holds {pixels.dtype}: images are numbers")
    least, most = (float(pixels.min()), float(pixels.max())) if pixels.size else (0.0, 0.0)
    if not 0.0 <= least <= most <= 255.0:  # this refuses NaN, too
        raise DataError(f"{name} contains numbers from {least:g} to {most:g}: images are 0 to 255, or floats 0 to 1")
    scale = 255.0 if pixels.dtype.kind in "bf" and most <= 1.0 else 1.0
    return np.rint(pixels * scale).astype(np.uint8)


def _indices(classes: npt.NDArray[Any], name: _ArrayFile) -> npt.NDArray[np.unsignedinteger]:
    """Return the labels as indices of classes. Raises DataError for other numbers."""
    if classes.dtype.kind not in "uif" or not (classes == np.trunc(classes)).all() or (classes < 0).any():
        raise DataError(f"{name} contains labels other than whole numbers from 0: use one folder of images per class")
    most = int(min(classes.max(initial=0), np.iinfo(np.uint16).max))
    indices: npt.NDArray[np.unsignedinteger] = np.clip(classes, 0, most).astype(np.min_scalar_type(most))
    return indices  # a clipped label has no class either: of_arrays refuses it
