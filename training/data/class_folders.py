"""Classes as folders: each sub-folder is a class, and the files in it are its images."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from inference.errors import ServiceError
from model import SPEC, image_file
from model.pixels import Images
from training.data import dataset
from training.data.class_layout import PARTS, Tree
from training.data.dataset import Dataset, Examples
from training.errors import DataError

_FEW = 20  # images of a class: with fewer, its share of the test set is two images at most


def load(folder: Path) -> Dataset:
    """Read every image below ``folder``; each becomes what a client's does.

    If all classes are labels of the model's specification, the labels are the specification's, also those without a
    folder. Else the classes are the folders' names in order, without those that have no image.

    Raises DataError, before anything is decoded, if the layout or a name is wrong; also if there are no two classes.
    """
    tree = Tree(folder)
    unreadable: list[str] = []
    found = {
        part: {name: _images(tree, paths, unreadable) for name, paths in classes.items()}
        for part, classes in tree.parts().items()
    }
    classes = _labels(found["train"])
    train, test, validation = (_examples(found.get(part, {}), classes) for part in PARTS)
    warnings = *tree.warnings, *_warnings(found, classes)
    return Dataset(train, test, "own images", tuple(unreadable), validation, classes, tuple(tree.ignored), warnings)


def _images(tree: Tree, folders: Sequence[Path], unreadable: list[str]) -> list[Images]:
    """Every image below the folders of a class. Files that are none are noted in ``unreadable``."""
    images = []
    for path in (path for folder in folders for path in tree.files(folder)):
        try:
            images.append(image_file.read(path.read_bytes())[0])
        except (ServiceError, OSError) as error:
            unreadable.append(f"{path.relative_to(tree.root)}: {error}")
    return images


def _labels(found: Mapping[str, Sequence[Images]]) -> tuple[str, ...]:
    if set(map(_known, found)) <= set(SPEC.output.labels):
        return SPEC.output.labels
    classes = tuple(sorted(name for name, images in found.items() if images))
    if len(classes) == 1:
        raise DataError(f"{classes[0]!r} is the only class with images: at least two are needed")
    return classes


def _known(name: str) -> str:
    """A whole number as the specification writes it; other names as they are."""
    return str(int(name)) if name.isascii() and name.isdigit() and len(name) < 9 else name


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
    if classes == SPEC.output.labels:
        for label in sorted(set(classes) - set(map(_known, train))):
            yield f"class {label!r} has no folder"
    for part in ("test", "validation"):
        for name in found.get(part, {}):
            if name not in train and _index(name, classes) == len(classes):
                yield f"class {name!r} of the {part} set is not in the training set: its images are dropped"
