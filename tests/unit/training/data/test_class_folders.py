"""Data sets with other classes than digits."""

import os
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from model.pixels import Images
from training.data import cleaning, folder
from training.data.parts import prepare
from training.errors import DataError


def images(count: int, seed: int = 0) -> Images:
    """Return squares of noise on black, which the preprocessing does not change."""
    squares = np.zeros((count, 28, 28), dtype=np.uint8)
    squares[:, 4:25, 4:25] = np.random.default_rng(seed).integers(1, 256, (count, 21, 21))
    return squares


def write(place: Path, count: int, seed: int = 0) -> None:
    place.mkdir(parents=True)
    for number, image in enumerate(images(count, seed)):
        Image.fromarray(image).save(place / f"{number:03}.png")


def test_names_of_folders_are_the_labels_in_order(tmp_path: Path) -> None:
    for seed, name in enumerate(("квадрат", "circle", "円", "7")):
        write(tmp_path / name, 2, seed)
    data = folder.load(tmp_path)
    assert data.classes == ("7", "circle", "квадрат", "円")
    assert data.train.labels.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert np.array_equal(data.train.images[2:4], images(2, seed=1))


def test_letters_and_their_accents_taken_apart_are_the_same_label(tmp_path: Path) -> None:
    write(tmp_path / "train" / unicodedata.normalize("NFD", "café"), 2)
    write(tmp_path / "train" / "tea", 2, seed=1)
    write(tmp_path / "test" / unicodedata.normalize("NFC", "café"), 1, seed=2)
    data = folder.load(tmp_path)
    assert data.classes == (unicodedata.normalize("NFC", "café"), "tea")
    assert data.test.labels.tolist() == [0]


@pytest.mark.parametrize("train", ["train", "training", "Train"])
@pytest.mark.parametrize(("test", "validation"), [("test", "val"), ("testing", "valid"), ("TEST", "validation")])
def test_parts_are_found_under_their_usual_names(tmp_path: Path, train: str, test: str, validation: str) -> None:
    for seed, (part, count) in enumerate({train: 5, test: 3, validation: 2}.items()):
        write(tmp_path / part / "a", count, 2 * seed)
        write(tmp_path / part / "b", count, 2 * seed + 1)
    parts = prepare(folder.load(tmp_path))
    assert (len(parts.train), len(parts.test), len(parts.validation)) == (10, 6, 4)
    assert parts.checksums.keys() >= {"validation-images", "validation-labels"}


def test_a_validation_set_without_a_test_set_is_kept_and_a_test_set_is_split_off(tmp_path: Path) -> None:
    for seed, (name, count) in enumerate({"train/a": 35, "train/b": 35, "val/a": 5, "val/b": 5}.items()):
        write(tmp_path / name, count, seed)
    parts = prepare(folder.load(tmp_path))
    assert (len(parts.train), len(parts.validation), len(parts.test)) == (60, 10, 10)


def test_very_few_images_are_split(tmp_path: Path) -> None:
    for label in range(10):
        write(tmp_path / str(label), 3, seed=label)
    data = folder.load(tmp_path)
    assert data.warnings[0] == "class '0' has only 3 images"
    parts = prepare(data)
    assert (len(parts.train), len(parts.validation), len(parts.test)) == (24, 2, 4)


def test_too_few_images_are_refused_with_the_least_number(tmp_path: Path) -> None:
    for seed, name in enumerate("ab"):
        write(tmp_path / name, 2, seed)
    with pytest.raises(DataError, match="are too few to train, validate and test: use at least 20"):
        prepare(folder.load(tmp_path))


def test_two_folders_of_one_part_are_refused(tmp_path: Path) -> None:
    for name in ("train", "training"):
        write(tmp_path / name / "a", 1)
    with pytest.raises(DataError, match=r"train and .*training are both the train set: rename or remove one"):
        folder.load(tmp_path)


@pytest.mark.parametrize("beside", [None, ".ipynb_checkpoints"])
def test_a_class_may_be_called_train(tmp_path: Path, beside: str | None) -> None:
    write(tmp_path / "train", 2)
    write(tmp_path / "car", 2, seed=1)
    if beside:
        (tmp_path / "train" / beside).mkdir()
    assert folder.load(tmp_path).classes == ("car", "train")


def test_a_set_that_is_not_divided_is_divided_by_class_and_the_same_way_each_time(tmp_path: Path) -> None:
    for seed, (name, count) in enumerate({"a": 120, "b": 240}.items()):
        write(tmp_path / name, count, seed)
    parts, again = prepare(folder.load(tmp_path)), prepare(folder.load(tmp_path))
    assert [np.bincount(part.labels).tolist() for part in (parts.train, parts.validation, parts.test)] == [
        [94, 189],
        [9, 17],
        [17, 34],
    ]
    assert np.array_equal(parts.test.images, again.test.images)


def test_files_of_the_system_are_reported_and_ignored(tmp_path: Path) -> None:
    for seed, name in enumerate(("a", "b", "__MACOSX", ".ipynb_checkpoints")):
        write(tmp_path / name, 2, seed)
    for name in ("a/Thumbs.db", ".DS_Store", "b/desktop.ini", "b/._000.png"):
        (tmp_path / name).write_bytes(b"no image")
    data = folder.load(tmp_path)
    assert data.classes == ("a", "b")
    assert set(data.ignored) == {
        "__MACOSX",
        ".ipynb_checkpoints",
        "a/Thumbs.db",
        ".DS_Store",
        "b/desktop.ini",
        "b/._000.png",
    }
    assert data.unreadable == ()
    *_, report = cleaning.clean(data)
    assert "6 system files ignored" in report.lines[0]


def test_files_of_the_system_beside_the_parts_are_reported_too(tmp_path: Path) -> None:
    for seed, name in enumerate(("train/a", "train/b", "test/a", "__MACOSX/a")):
        write(tmp_path / name, 2, seed)
    (tmp_path / "train" / "Thumbs.db").write_bytes(b"no image")
    data = folder.load(tmp_path)
    assert data.ignored == ("__MACOSX", "train/Thumbs.db")
    assert (len(data.train), len(data.test)) == (4, 2)


def test_empty_and_small_classes_and_those_without_training_are_warned_of(tmp_path: Path) -> None:
    write(tmp_path / "train" / "a", 20)
    write(tmp_path / "train" / "b", 19, seed=1)
    (tmp_path / "train" / "empty").mkdir()
    write(tmp_path / "test" / "empty", 1, seed=2)
    write(tmp_path / "test" / "new", 1, seed=3)
    data = folder.load(tmp_path)
    assert data.classes == ("a", "b")
    assert data.warnings == (
        "class 'b' has only 19 images",
        "class 'empty' has no image that can be read",
        "class 'new' of the test set is not in the training set: its images are dropped",
    )
    _, _, test, report = cleaning.clean(data)
    assert (len(test), report.test.faults["wrong_label"]) == (0, 2)
    assert [line for line in report.lines if "warning" in line] == [f"  warning: {w}" for w in data.warnings]


def test_a_label_of_the_specification_without_a_folder_is_warned_of(tmp_path: Path) -> None:
    for number in range(9):
        write(tmp_path / str(number), 20, seed=number)
    assert folder.load(tmp_path).warnings == ("class '9' has no folder",)


def test_a_folder_beside_the_parts_is_warned_of(tmp_path: Path) -> None:
    for seed, name in enumerate(("train/a", "train/b", "dev/a")):
        write(tmp_path / name, 20, seed)
    assert folder.load(tmp_path).warnings == ("folder 'dev' is no training, test or validation set: it is ignored",)


@pytest.mark.parametrize(
    ("folders", "reason"),
    [
        (
            ("cat", "dog", "test/cat", "test/dog"),
            r"test has the folder 'cat', and so has .*: put the classes beside",
        ),
        (
            ("training_set/cat", "training_set/dog", "test_set/cat", "test_set/dog"),
            r"test_set and .*training_set both have the folder 'cat': rename",
        ),
        (("pets/train/cat", "pets/train/dog"), r"has the only folder 'pets': choose .*/pets$"),
    ],
    ids=["a test set beside the classes", "parts under other names", "a folder around the classes"],
)
def test_parts_in_the_wrong_place_are_refused_before_anything_is_decoded(
    tmp_path: Path, folders: tuple[str, ...], reason: str
) -> None:
    for name in folders:
        write(tmp_path / name, 1)
    for path in tmp_path.rglob("*.png"):
        path.write_bytes(b"broken")  # decoding it would fail with another error
    with pytest.raises(DataError, match=reason):
        folder.load(tmp_path)


def test_classes_with_folders_in_them_are_classes(tmp_path: Path) -> None:
    for seed, name in enumerate(("cat/indoors", "cat/outdoors", "dog/small", "dog/tall")):
        write(tmp_path / name, 2, seed)
    data = folder.load(tmp_path)
    assert (data.classes, data.train.labels.tolist()) == (("cat", "dog"), [0, 0, 0, 0, 1, 1, 1, 1])


def test_one_class_cannot_be_told_from_others(tmp_path: Path) -> None:
    write(tmp_path / "circle", 2)
    (tmp_path / "square").mkdir()
    with pytest.raises(DataError, match="'circle' is the only class with images: at least two are needed"):
        folder.load(tmp_path)


def test_there_are_1000_classes_at_most(tmp_path: Path) -> None:
    write(tmp_path / "0", 1)
    image = (tmp_path / "0" / "000.png").read_bytes()
    for number in range(1, 1000):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "000.png").write_bytes(image)
    data = folder.load(tmp_path)
    assert len(data.classes) == 1000
    assert data.train.labels.max() == 999
    assert len(data.checksums()) == 4
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "000.png").write_bytes(image)
    with pytest.raises(DataError, match="there are 1,001 classes: at most 1,000 are possible"):
        folder.load(tmp_path)


@pytest.mark.parametrize("name", ["a\nb", os.fsdecode(b"\xff\xfe")])
def test_a_name_that_cannot_be_printed_is_no_label(tmp_path: Path, name: str) -> None:
    write(tmp_path / "a", 1)
    write(tmp_path / name, 1)
    with pytest.raises(DataError, match="cannot be a label: rename it"):
        folder.load(tmp_path)


def test_a_link_in_a_circle_ends(tmp_path: Path) -> None:
    write(tmp_path / "a", 2)
    write(tmp_path / "b", 1, seed=1)
    (tmp_path / "a" / "again").symlink_to(tmp_path / "a")
    assert folder.load(tmp_path).train.labels.tolist() == [0, 0, 1]
