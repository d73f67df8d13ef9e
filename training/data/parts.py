"""Training, validation and test set of a training."""

from dataclasses import dataclass

from training.data import cleaning, split
from training.data.cleaning import Report
from training.data.dataset import Dataset, Examples
from training.errors import DataError


@dataclass(frozen=True)
class DataParts:
    """Cleaned examples. The test set is used only once, after the training.

    classes    label of each class
    checksums  name of a data file -> MD5 of the file before cleaning
    """

    train: Examples
    validation: Examples
    test: Examples
    report: Report
    classes: tuple[str, ...]
    checksums: dict[str, str]


def prepare(data: Dataset) -> DataParts:
    """Clean a data set, and split off the test and validation sets that it lacks: by class, and always in the same way.

    Raises DataError if too few examples are left.
    """
    train, validation, test, report = cleaning.clean(data)
    if not len(test):
        train, test = split.stratified(train, split.TEST)
    if not len(validation):
        train, validation = split.stratified(train, split.VALIDATION)
    if min(len(train) - 1, len(validation), len(test)) < 1:
        sizes = f"{len(train)} + {len(validation)} + {len(test)}"
        raise DataError(f"{sizes} examples are too few to train, validate and test: use at least 20")
    return DataParts(train, validation, test, report, data.classes, data.checksums())
