"""Classes as folders: each sub-folder is a class, and the files in it are its images."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from inference.errors import ServiceError
from inference.spec import MOST_LABELS
from model import SPEC, image_file
from model.pixels import Images
from training.data import dataset
from training.data.dataset import Dataset, Examples
from training.errors import DataError

_PARTS = {"train": ("train", "training"), "test": ("test", "testing"), "validation": ("val", "valid", "validation")}
_SYSTEM = {".ds_store", ".ipynb_checkpoints", "__macosx", "desktop.ini", "thumbs.db"}
_FEW = 20  # images of a class: with fewer, its share of the test set is two images at most


@dataclass
class _Reader:
    """Reads image files, and notes what it cannot use."""

    root: Path
    unreadable: list[str] = field(default_factory=list)
    ignored: dict[str, None] = field(default_factory=dict)  # in order, and each once

    def parts(self) -> dict[str, Path]:
        """The folders of the training, test and validation set; only the root if it is not divided.

        Raises DataError if a part has two folders.
        """
        folders = [path for path in self._children(self.root) if path.is_dir()]
        found: dict[str, Path] = {}
        for part, names in _PARTS.items():
            named = [path for path in folders if path.name.lower() in names]
            if len(named) > 1:
                raise DataError(f"{named[0]} and {named[1]} are both the {part} set: rename or remove one")
            if named:
                found[part] = named[0]
        is_divided = "train" in found and any(path.is_dir() for path in self._children(found["train"]))
        return found if is_divided else {"train": self.root}

    def classes(self, folder: Path) -> dict[str, list[Images]]:
        """Images of each class below ``folder``, in an order that does not depend on the file system."""
        found: dict[str, list[Images]] = {}
        for path in self._children(folder):
            if path.is_dir():
                found.setdefault(_name(path), []).extend(self._images(path))
        return found

    def _images(self, folder: Path) -> Iterator[Images]:
        for path in self._files(folder):
            try:
                yield image_file.read(path.read_bytes())[0]
            except (ServiceError, OSError) as error:
                self.unreadable.append(f"{path.relative_to(self.root)}: {error}")

    def _files(self, folder: Path) -> Iterator[Path]:
        for path in self._children(folder):
            if path.is_file():
                yield path
            elif path.is_dir() and not path.is_symlink():  # a link may lead in circles
                yield from self._files(path)

    def _children(self, folder: Path) -> Iterator[Path]:
        try:
            found = sorted(folder.iterdir())
        except OSError as error:
            raise DataError(f"{folder} cannot be read: {error.strerror}") from error
        for path in found:
            if path.name.lower() in _SYSTEM:
                self.ignored[str(path.relative_to(self.root))] = None
            elif not path.name.startswith("."):
                yield path


def load(folder: Path) -> Dataset:
    """Read every image below ``folder``; each becomes what a client's does.

    If all classes are labels of the model's specification, the labels are the specification's, also those without a
    folder. Else the classes are the folders' names in order, without those that have no image.

    Raises DataError if there is no image, if a name cannot be printed, or if there are too few or too many classes.
    """
    reader = _Reader(folder)
    found = {part: reader.classes(path) for part, path in reader.parts().items()}
    classes = _labels(found["train"])
    train, test, validation = (_examples(found.get(part, {}), classes) for part in _PARTS)
    notes = tuple(reader.unreadable), validation, classes, tuple(reader.ignored), tuple(_warnings(found, classes))
    return Dataset(train, test, "own images", *notes)


def _labels(found: Mapping[str, Sequence[Images]]) -> tuple[str, ...]:
    if set(map(_known, found)) <= set(SPEC.output.labels):
        return SPEC.output.labels
    classes = tuple(sorted(name for name, images in found.items() if images))
    if len(classes) == 1:
        raise DataError(f"{classes[0]!r} is the only class with images: at least two are needed")
    if len(classes) > MOST_LABELS:
        raise DataError(f"there are {len(classes):,} classes: at most {MOST_LABELS:,} are possible")
    return classes


def _known(name: str) -> str:
    """A whole number as the specification writes it; other names as they are."""
    return str(int(name)) if name.isascii() and name.isdigit() and len(name) < 9 else name


def _name(folder: Path) -> str:
    name = unicodedata.normalize("NFC", folder.name)  # some systems take letters and their accents apart
    if not name.isprintable():
        raise DataError(f"the name of the folder {folder.name!r} cannot be a label: rename it")
    return name


def _examples(found: Mapping[str, Sequence[Images]], classes: Sequence[str]) -> Examples:
    """All images with the index of their class; with one too high for a class that is not among ``classes``."""
    images = [image for group in found.values() for image in group]
    if not images:
        return dataset.none()
    labels = np.repeat([_index(name, classes) for name in found], [len(group) for group in found.values()])
    return Examples(np.stack(images), labels.astype(np.min_scalar_type(len(classes))))


def _index(name: str, classes: Sequence[str]) -> int:
    label = _known(name) if classes == SPEC.output.labels else name
    return classes.index(label) if label in classes else len(classes)


def _warnings(found: Mapping[str, Mapping[str, Sequence[Images]]], classes: Sequence[str]) -> Iterator[str]:
    train = found["train"]
    for name, images in train.items():
        if not images:
            yield f"class {name!r} has no image that can be read"
        elif len(images) < _FEW:
            yield f"class {name!r} has only {len(images)} images"
    for part in ("test", "validation"):
        for name in found.get(part, {}):
            if name not in train and _index(name, classes) == len(classes):
                yield f"class {name!r} of the {part} set is not in the training set: its images are dropped"
