"""What is wrong with the data, and what is left of it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from model.pixels import SIDE
from model.spec import CLASSES
from training.data import dataset
from training.data.dataset import Dataset, Examples
from training.errors import DataError

_RULES = {
    "unreadable": "a file that no decoder opens is left out",
    "wrong_shape": "images other than 28x28 are dropped",
    "wrong_label": "labels outside 0..9 are dropped",
    "blank": "images of a single value are dropped from training, kept in the test set",
    "duplicate": "of equal images with equal labels the first is kept in training; the test set is left as it is",
    "contradiction": "equal images with different labels are all dropped from training; the test set is left as it is",
    "in_test": "training images that also stand in the test set are dropped from training",
}
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Part:
    """Training or test set: how many examples came, how many had which fault, how many of each class are kept."""

    examples: int
    faults: dict[str, int]
    kept: int
    per_class: list[int]

    @property
    def line(self) -> str:
        faults = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in self.faults.items())
        return f"{self.examples} examples, {self.kept} kept ({faults})"


@dataclass(frozen=True)
class Report:
    source: str
    unreadable: tuple[str, ...]
    train: Part
    test: Part

    @property
    def lines(self) -> list[str]:
        """The report for people."""
        head = f"data: {self.source}, {len(self.unreadable)} unreadable files"
        return [head, f"  training: {self.train.line}", f"  test: {self.test.line}"]

    def as_dict(self) -> dict[str, Any]:
        parts = {"train": vars(self.train), "test": vars(self.test)}
        return {"source": self.source, "rules": _RULES, "unreadable": list(self.unreadable), **parts}


def clean(data: Dataset) -> tuple[Examples, Examples, Report]:
    """Training and test examples fit to use, and the report of what was found.

    A test example is dropped only when it cannot be scored, for a wrong shape or label: a test set is not to be
    made easier. Raises DataError if no training example is left.
    """
    train, train_faults = _valid(data.train)
    test, test_faults = _valid(data.test)
    keys, test_keys = _keys(train), _keys(test)
    flags = _flags(train, keys) | {"in_test": np.isin(keys, test_keys)}
    kept = train[~np.logical_or.reduce(list(flags.values()))]
    train_part = _part(data.train, train_faults, flags, kept)
    test_part = _part(data.test, test_faults, _flags(test, test_keys), test)
    report = Report(data.source, data.unreadable, train_part, test_part)
    if not len(kept):
        raise DataError("no training example is left after cleaning; " + "; ".join(report.lines))
    return kept, test, report


def _valid(examples: Examples) -> tuple[Examples, dict[str, int]]:
    if examples.images.shape[1:] != (SIDE, SIDE):
        return dataset.none(), {"wrong_shape": len(examples), "wrong_label": 0}
    right = examples.labels < CLASSES
    return examples[right], {"wrong_shape": 0, "wrong_label": int((~right).sum())}


def _keys(examples: Examples) -> npt.NDArray[np.void]:
    """Each image as one value of 784 bytes (n,), so that numpy can sort and compare whole images."""
    flat = np.ascontiguousarray(examples.images.reshape(len(examples), SIDE * SIDE))
    return flat.view(f"V{SIDE * SIDE}").reshape(len(examples))


def _flags(examples: Examples, keys: npt.NDArray[np.void]) -> dict[str, Mask]:
    """Fault -> which examples have it, bool (n,)."""
    flat = examples.images.reshape(len(examples), SIDE * SIDE)
    _, first, group = np.unique(keys, return_index=True, return_inverse=True)
    same_label = examples.labels == examples.labels[first][group]
    contradicted = np.bincount(group[~same_label], minlength=len(first)) > 0
    repeated = first[group] != np.arange(len(examples))
    return {
        "blank": flat.min(axis=1) == flat.max(axis=1),
        "duplicate": repeated & ~contradicted[group],
        "contradiction": contradicted[group],
    }


def _part(came: Examples, faults: dict[str, int], flags: dict[str, Mask], kept: Examples) -> Part:
    counts = faults | {name: int(mask.sum()) for name, mask in flags.items()}
    return Part(len(came), counts, len(kept), np.bincount(kept.labels, minlength=CLASSES).tolist())
