import numpy as np
import pytest

from model.pixels import Images
from training.data import cleaning, dataset
from training.data.dataset import Dataset, Examples
from training.errors import DataError

DIGITS = np.random.default_rng(0).integers(0, 256, (8, 28, 28), dtype=np.uint8)
BLANK = np.full((28, 28), 7, dtype=np.uint8)


def examples(*pairs: tuple[Images, int]) -> Examples:
    images, labels = zip(*pairs, strict=True)
    return Examples(np.stack(images), np.array(labels, dtype=np.uint8))


def test_every_fault_is_counted_and_dropped_from_training() -> None:
    train = examples(
        (DIGITS[0], 0),
        (DIGITS[1], 1),
        (DIGITS[1], 1),  # a duplicate
        (DIGITS[2], 2),
        (DIGITS[2], 3),  # contradicts the image before it
        (DIGITS[3], 10),  # not a digit
        (BLANK, 4),
        (DIGITS[4], 5),  # also in the test set
    )
    test = examples((DIGITS[4], 5), (DIGITS[5], 6))
    cleaned, _, _, report = cleaning.clean(Dataset(train, test, "by hand", ("0/broken.png: cut short",)))
    assert cleaned.labels.tolist() == [0, 1]
    assert np.array_equal(cleaned.images, DIGITS[:2])
    assert report.train.faults == {
        "wrong_shape": 0,
        "wrong_label": 1,
        "blank": 1,
        "duplicate": 1,
        "contradiction": 2,
        "in_test": 1,
    }
    assert (report.train.examples, report.train.kept) == (8, 2)
    assert report.train.per_class == [1, 1, 0, 0, 0, 0, 0, 0, 0, 0]
    assert report.as_dict()["unreadable"] == ("0/broken.png: cut short",)


def test_the_test_set_is_not_made_easier() -> None:
    test = examples((DIGITS[1], 1), (DIGITS[1], 1), (BLANK, 2), (DIGITS[2], 3), (DIGITS[2], 4), (DIGITS[3], 10))
    _, _, cleaned, report = cleaning.clean(Dataset(examples((DIGITS[0], 0)), test, "by hand"))
    assert cleaned.labels.tolist() == [1, 1, 2, 3, 4]
    assert report.test.faults == {"wrong_shape": 0, "wrong_label": 1, "blank": 1, "duplicate": 1, "contradiction": 2}


def test_a_third_copy_of_a_contradicted_image_is_no_duplicate() -> None:
    train = examples((DIGITS[0], 0), (DIGITS[1], 1), (DIGITS[1], 1), (DIGITS[1], 2))
    cleaned, _, _, report = cleaning.clean(Dataset(train, dataset.none(), "by hand"))
    assert cleaned.labels.tolist() == [0]
    assert (report.train.faults["duplicate"], report.train.faults["contradiction"]) == (0, 3)


def test_the_validation_set_is_treated_as_the_test_set() -> None:
    train = examples((DIGITS[0], 0), (DIGITS[1], 1), (DIGITS[2], 2))
    held_out = examples((DIGITS[1], 1), (DIGITS[1], 1), (DIGITS[3], 10))
    data = Dataset(train, examples((DIGITS[2], 2)), "by hand", validation=held_out)
    cleaned, validation, _, report = cleaning.clean(data)
    assert cleaned.labels.tolist() == [0]
    assert validation.labels.tolist() == [1, 1]
    assert report.train.faults["in_test"] == 2
    assert report.validation
    assert (report.validation.faults["wrong_label"], report.validation.faults["duplicate"]) == (1, 1)
    assert report.lines[3] == f"  validation: {report.validation.line}"


def test_labels_end_with_the_classes() -> None:
    classes = tuple(f"class {number}" for number in range(300))
    labels = np.array([0, 299, 300], dtype=np.uint16)
    data = Dataset(Examples(DIGITS[:3], labels), dataset.none(), "by hand", classes=classes)
    cleaned, _, _, report = cleaning.clean(data)
    assert cleaned.labels.tolist() == [0, 299]
    assert report.train.faults["wrong_label"] == 1
    assert len(report.train.per_class) == 300


def test_the_report_names_ignored_files_and_warnings() -> None:
    data = Dataset(
        examples((DIGITS[0], 0)),
        dataset.none(),
        "by hand",
        ignored=("Thumbs.db",),
        warnings=("class '1' is empty",),
    )
    *_, report = cleaning.clean(data)
    assert report.lines[0] == "data: by hand, 0 unreadable files, 1 system files ignored (Thumbs.db)"
    assert report.lines[-1] == "  warning: class '1' is empty"
    assert (report.as_dict()["ignored"], report.as_dict()["warnings"]) == (("Thumbs.db",), ("class '1' is empty",))


def test_images_of_another_shape_leave_nothing_to_train_on() -> None:
    wide = Examples(np.ones((3, 28, 30), dtype=np.uint8), np.zeros(3, dtype=np.uint8))
    with pytest.raises(DataError, match=r"no training example is left.*3 wrong shape"):
        cleaning.clean(Dataset(wide, dataset.none(), "by hand"))


def test_mnist_is_clean_and_its_test_set_whole(mnist: Dataset) -> None:
    train, _, test, report = cleaning.clean(mnist)
    assert (len(train), len(test)) == (60000, 10000)
    assert sum(report.train.faults.values()) == 0
    assert sum(report.test.faults.values()) == 0
