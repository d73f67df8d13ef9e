"""Cleaning of a data set: drop faulty examples and count the faults."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from training.data import dataset
from training.data.dataset import Dataset, Examples
from training.errors import DataError

_RULES = {
    "unreadable": "a file that no decoder opens is left out",
    "wrong_shape": "images of another size than the network's are dropped",
    "wrong_label": "labels without a class are dropped",
    "blank": "images of a single value are dropped from training, kept in the test set",
    "duplicate": "of equal images with equal labels the first is kept in training; the test set is left as it is",
    "contradiction": "equal images with different labels are all dropped from training; the test set is left as it is",
    "in_test": "training images that also stand in the test or validation set are dropped from training",
}
_NAMED = 3  # most system files that the report names
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Part:
    """Numbers of one set: examples read, examples with each fault, examples kept in all and by class."""

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
    """Faults of a data set. ``validation`` is None for a data set without a validation set."""

    source: str
    unreadable: tuple[str, ...]
    ignored: tuple[str, ...]
    warnings: tuple[str, ...]
    train: Part
    test: Part
    validation: Part | None

    @property
    def lines(self) -> list[str]:
        """Return the lines of the report for the user."""
        head = f"data: {self.source}, {len(self.unreadable)} unreadable files"
        if self.ignored:
            head += f", {len(self.ignored)} system files ignored ({', '.join(self.ignored[:_NAMED])})"
        lines = [head, f"  training: {self.train.line}", f"  test: {self.test.line}"]
        if self.validation:
            lines.append(f"  validation: {self.validation.line}")
        return lines + [f"  warning: {warning}" for warning in self.warnings]

    def as_dict(self) -> dict[str, Any]:
        known = {name: value for name, value in vars(self).items() if value is not None}
        return {"source": self.source, "rules": _RULES, **known}


def clean(data: Dataset) -> tuple[Examples, Examples, Examples, Report]:
    """Drop the examples that cannot be used.

    A test or validation example is dropped only if its shape or label is wrong, because then it cannot be scored.
    Other faults stay, so that the test set does not become easier. Raises DataError if no training example is left.
    """
    classes = len(data.classes)
    train, train_faults = _valid(data.train, classes, data.shape)
    test, test_part = _held_out(data.test, classes, data.shape)
    validation, validation_part = _held_out(data.validation, classes, data.shape)
    keys = _keys(train)
    in_test = np.isin(keys, np.concatenate([_keys(test), _keys(validation)]))
    flags = _flags(train, keys) | {"in_test": in_test}
    cleaned = train[~np.logical_or.reduce(list(flags.values()))]
    report = Report(
        data.source,
        data.unreadable,
        data.ignored,
        data.warnings,
        _part(data.train, train_faults, flags, cleaned, classes),
        test_part,
        validation_part if len(data.validation) else None,
    )
    if not len(cleaned):
        raise DataError("no training example is left after cleaning; " + "; ".join(report.lines))
    return cleaned, validation, test, report


def _valid(examples: Examples, classes: int, shape: tuple[int, ...]) -> tuple[Examples, dict[str, int]]:
    if examples.images.shape[1:] != shape:
        return dataset.none(shape), {"wrong_shape": len(examples), "wrong_label": 0}
    right = examples.labels < classes
    return examples[right], {"wrong_shape": 0, "wrong_label": int((~right).sum())}


def _held_out(examples: Examples, classes: int, shape: tuple[int, ...]) -> tuple[Examples, Part]:
    valid, faults = _valid(examples, classes, shape)
    return valid, _part(examples, faults, _flags(valid, _keys(valid)), valid, classes)


def _keys(examples: Examples) -> npt.NDArray[np.void]:
    """Return each image as one value (n,), so that numpy can sort and compare whole images."""
    flat = np.ascontiguousarray(_flat(examples))
    return flat.view(f"V{flat.shape[1]}").reshape(len(examples))


def _flat(examples: Examples) -> npt.NDArray[np.uint8]:
    """Return the images as rows (n, numbers of one image)."""
    return examples.images.reshape(len(examples), math.prod(examples.images.shape[1:]))


def _flags(examples: Examples, keys: npt.NDArray[np.void]) -> dict[str, Mask]:
    """Return a mask of the examples with each fault, bool (n,), by the name of the fault."""
    flat = _flat(examples)
    _, first, group = np.unique(keys, return_index=True, return_inverse=True)
    same_label = examples.labels == examples.labels[first][group]
    contradicted = np.bincount(group[~same_label], minlength=len(first)) > 0
    repeated = first[group] != np.arange(len(examples))
    return {
        "blank": flat.min(axis=1) == flat.max(axis=1),
        "duplicate": repeated & ~contradicted[group],
        "contradiction": contradicted[group],
    }


def _part(came: Examples, faults: dict[str, int], flags: dict[str, Mask], cleaned: Examples, classes: int) -> Part:
    counts = faults | {name: int(mask.sum()) for name, mask in flags.items()}
    return Part(len(came), counts, len(cleaned), np.bincount(cleaned.labels, minlength=classes).tolist())
