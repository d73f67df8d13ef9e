"""Reader of a data set with a folder for each class: the files below the folder are the images of the class."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from inference.errors import ServiceError
from model import SPEC, image_file
from model.pixels import Images
from training.data import dataset
from training.data.class_layout import PARTS, FolderTree
from training.data.dataset import Dataset, Examples
from training.errors import DataError

_FEW = 20  # images of a class: a class with fewer has at most two images in the test set


@dataclass(frozen=True)
class ClassReader:
    """Reader of image files, and the labels that it expects.

    read    decodes one file to uint8 (*shape); raises ServiceError if the file is no image
    labels  classes of the model. The data set gets them, in their order, if each folder has the name of one; otherwise
            its classes are the sorted names of the folders that have images
    """

    read: Callable[[bytes], Images]
    shape: tuple[int, ...]
    labels: tuple[str, ...] = ()


NORMALISED = ClassReader(
    lambda data: image_file.read(data)[0], SPEC.input.shape, SPEC.output.labels
)  # decodes a file as the server decodes an image of a client


def load(folder: Path, reading: ClassReader = NORMALISED) -> Dataset:
    """Read every image below ``folder``.

    Raises DataError if the layout or a name is wrong, before any image is decoded, or if only one class has images.
    """
    tree = FolderTree(folder)
    unreadable: list[str] = []
    images = {
        part: {name: _images(tree, paths, reading, unreadable) for name, paths in classes.items()}
        for part, classes in tree.parts().items()
    }
    known = bool(images["train"]) and set(map(_whole, images["train"])) <= set(reading.labels)
    classes = reading.labels if known else _labels(images["train"])
    label = _whole if known else str
    train, test, validation = (_examples(images.get(part, {}), classes, label, reading.shape) for part in PARTS)
    warnings = *tree.warnings, *_warnings(images, classes, label)
    ignored = tuple(tree.ignored)
    return Dataset(train, test, "own images", tuple(unreadable), validation, classes, ignored, warnings, reading.shape)


def _images(tree: FolderTree, folders: Sequence[Path], reading: ClassReader, unreadable: list[str]) -> list[Images]:
    """Return every image below the folders of a class. Add each file that is no image to ``unreadable``."""
    images = []
    for path in (path for folder in folders for path in tree.files(folder)):
        try:
            images.append(reading.read(path.read_bytes()))
        except (ServiceError, OSError) as error:
            unreadable.append(f"{path.relative_to(tree.root)}: {error}")
    return images


def _labels(images_by_part: Mapping[str, Sequence[Images]]) -> tuple[str, ...]:
    classes = tuple(sorted(name for name, images in images_by_part.items() if images))
    if len(classes) == 1:
        raise DataError(f"{classes[0]!r} is the only class with images: at least two are needed")
    return classes


def _whole(name: str) -> str:
    """Return a whole number without its leading zeros, and any other name as it is."""
    return str(int(name)) if name.isascii() and name.isdigit() and len(name) < 9 else name


def _examples(
    images_by_class: Mapping[str, Sequence[Images]],
    classes: Sequence[str],
    label: Callable[[str], str],
    shape: tuple[int, ...],
) -> Examples:
    """Return all images with the index of their class. An unknown class gets an index that is too high."""
    images = [image for group in images_by_class.values() for image in group]
    if not images:
        return dataset.none(shape)
    places = {name: index for index, name in enumerate(classes)}
    indices = [places.get(label(name), len(classes)) for name in images_by_class]
    labels = np.repeat(indices, [len(group) for group in images_by_class.values()])
    return Examples(np.stack(images), labels.astype(np.min_scalar_type(len(classes))))


def _warnings(
    images_by_part: Mapping[str, Mapping[str, Sequence[Images]]], classes: Sequence[str], label: Callable[[str], str]
) -> Iterator[str]:
    train = images_by_part["train"]
    for name, images in train.items():
        if not images:
            yield f"class {name!r} has no image that can be read"
        elif len(images) < _FEW:
            yield f"class {name!r} has only {len(images)} images"
    for name in sorted(set(classes) - set(map(label, train))):
        yield f"class {name!r} has no folder"
    for part in ("test", "validation"):
        for name in images_by_part.get(part, {}):
            if name not in train and label(name) not in classes:
                yield f"class {name!r} of the {part} set is not in the training set: its images are dropped"
