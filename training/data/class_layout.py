"""Layout of a data set with a sub-folder for each class. It is checked before any image is decoded."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from inference.spec import MOST_LABELS
from training.errors import DataError

PARTS = {"train": ("train", "training"), "test": ("test", "testing"), "validation": ("val", "valid", "validation")}
_SYSTEM = {
    ".directory", ".ds_store", ".fseventsd", ".ipynb_checkpoints", ".spotlight-v100", ".trashes", "$recycle.bin",
    "@eadir", "__macosx", "__pycache__", "desktop.ini", "ehthumbs.db", "lost+found", "system volume information",
    "thumbs.db",
}  # fmt: skip
_RESOURCES = "._"  # macOS stores attributes in such a file beside each file if the file system has no place for them

Folders = Mapping[str, Sequence[Path]]  # name of a class -> its folders


class FolderTree:
    """Folders and files of a data set below ``root``.

    ignored   files and folders of operating systems and tools, in order and without repetition
    warnings  sentences about folders that are left out
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.ignored: dict[str, None] = {}
        self.warnings: list[str] = []

    def parts(self) -> dict[str, Folders]:
        """Return the folders of the classes by part: train, test and validation; train alone if the data is not split.

        Raises DataError if the layout has no classes. The message names the folder to rename or to choose.
        """
        folders = self._folders(self.root)
        parts = _parts(folders)
        if "train" in parts and self._folders(parts["train"]):
            for path in folders:
                if path not in parts.values():
                    self.warnings.append(f"folder {path.name!r} is no training, test or validation set: it is ignored")
            classes = {part: self._classes(path) for part, path in parts.items()}
        else:
            self._check_groups(folders)
            classes = {"train": self._classes(self.root)}
        count = sum(any(True for path in paths for _ in self.files(path)) for paths in classes["train"].values())
        if count > MOST_LABELS:
            raise DataError(f"there are {count:,} classes: at most {MOST_LABELS:,} are possible")
        return classes

    def files(self, folder: Path) -> Iterator[Path]:
        """Yield all files below a folder, in the order of their names. Links to folders are not followed."""
        for path in self._children(folder):
            if path.is_file():
                yield path
            elif path.is_dir() and not path.is_symlink():  # links may form a cycle
                yield from self.files(path)

    def _classes(self, folder: Path) -> Folders:
        classes: dict[str, list[Path]] = {}
        for path in self._folders(folder):
            classes.setdefault(_label(path), []).append(path)
        return classes

    def _check_groups(self, folders: Sequence[Path]) -> None:
        """Refuse a layout whose classes are one level further down. Raises DataError."""
        inner = {path: {child.name for child in self._folders(path)} for path in folders}
        groups = [
            path for path in folders if inner[path] and not any(entry.is_file() for entry in self._children(path))
        ]
        if groups and len(folders) == 1:
            raise DataError(f"{self.root} has the only folder {groups[0].name!r}: choose {groups[0]}")
        names = {path.name for path in folders}
        for path in groups:
            if common := sorted(inner[path] & names):
                raise DataError(
                    f"{path} has the folder {common[0]!r}, and so has {self.root}: put the classes beside "
                    f"{path.name!r} into a folder train"
                )
        for path, other in pairwise(groups):
            if common := sorted(inner[path] & inner[other]):
                raise DataError(
                    f"{path} and {other} both have the folder {common[0]!r}: rename them to train, test or validation "
                    "if they are parts of the data"
                )

    def _folders(self, folder: Path) -> list[Path]:
        return [path for path in self._children(folder) if path.is_dir()]

    def _children(self, folder: Path) -> Iterator[Path]:
        try:
            children = sorted(folder.iterdir())
        except OSError as error:
            raise DataError(f"{folder} cannot be read: {error.strerror}") from error
        for path in children:
            if path.name.lower() in _SYSTEM or path.name.startswith(_RESOURCES):
                self.ignored[str(path.relative_to(self.root))] = None
            elif not path.name.startswith("."):
                yield path


def _parts(folders: Sequence[Path]) -> dict[str, Path]:
    parts = {}
    for part, names in PARTS.items():
        named = [path for path in folders if path.name.lower() in names]
        if len(named) > 1:
            raise DataError(f"{named[0]} and {named[1]} are both the {part} set: rename or remove one")
        if named:
            parts[part] = named[0]
    return parts


def _label(folder: Path) -> str:
    name = unicodedata.normalize("NFC", folder.name)  # some systems store a letter and its accent as two characters
    if not name.isprintable():
        raise DataError(f"the name of the folder {folder.name!r} cannot be a label: rename it")
    return name
