from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from model.pixels import Images
from training.data import cleaning, folder
from training.data.dataset import TEST_IMAGES, TRAIN_IMAGES, TRAIN_LABELS, Dataset
from training.data.parts import prepare
from training.errors import DataError


@pytest.fixture
def digits(mnist: Dataset) -> dict[int, Images]:
    """Return twelve images of each digit."""
    return {digit: mnist.train.images[mnist.train.labels == digit][:12] for digit in range(10)}


def write(images: np.ndarray, place: Path) -> None:
    place.mkdir(parents=True)
    for number, image in enumerate(images):
        Image.fromarray(image).save(place / f"{number:02}.png")


def test_folders_of_images_are_read_bit_for_bit(digits: dict[int, Images], tmp_path: Path) -> None:
    for digit, images in digits.items():
        write(images, tmp_path / str(digit))
    data = folder.load(tmp_path)
    assert np.array_equal(data.train.images, np.concatenate(list(digits.values())))
    assert data.train.labels.tolist() == [digit for digit in range(10) for _ in range(12)]
    assert len(data.test) == 0


def test_a_set_without_a_test_part_is_split_by_class(digits: dict[int, Images], tmp_path: Path) -> None:
    for digit, images in digits.items():
        write(images, tmp_path / str(digit))
    parts = prepare(folder.load(tmp_path))
    assert (len(parts.train), len(parts.validation), len(parts.test)) == (94, 9, 17)
    assert set(parts.train.labels) == set(range(10))
    assert set(np.bincount(parts.test.labels)) <= {1, 2}


def test_train_and_test_folders_are_kept_apart(digits: dict[int, Images], tmp_path: Path) -> None:
    write(digits[3], tmp_path / "train" / "3")
    write(digits[4][:2], tmp_path / "test" / "4")
    data = folder.load(tmp_path)
    assert set(data.train.labels) == {3}
    assert np.array_equal(data.test.images, digits[4][:2])


def test_photographs_become_what_a_client_s_would(tmp_path: Path, digits: dict[int, Images]) -> None:
    (tmp_path / "7").mkdir()
    photograph = Image.fromarray(255 - digits[7][0]).resize((300, 300))
    photograph.convert("RGB").save(tmp_path / "7" / "photograph.jpg")
    (image,) = folder.load(tmp_path).train.images
    assert image.shape == (28, 28)
    assert image[0].max() == 0
    assert image.max() == 255


def test_what_cannot_be_used_is_reported(digits: dict[int, Images], tmp_path: Path) -> None:
    write(digits[1], tmp_path / "train" / "1")
    write(digits[2], tmp_path / "test" / "12")
    write(digits[3], tmp_path / "test" / "cats")
    train = tmp_path / "train" / "1"
    (train / "notes.txt").write_text("ink was low")
    (train / "empty.png").touch()
    (train / ".hidden").touch()
    cleaned, _, test, report = cleaning.clean(folder.load(tmp_path))
    assert set(cleaned.labels) == {1}
    assert (len(test), report.test.faults["wrong_label"]) == (0, 24)
    assert [line.split(":")[0] for line in report.unreadable] == ["train/1/empty.png", "train/1/notes.txt"]


@pytest.mark.parametrize("name", ["10", "255", "256", "257", "2560", "9" * 200, "-1", "1.0", "\u0663", "\u00b2"])
def test_one_folder_whose_name_is_no_digit_makes_all_classes_own(
    digits: dict[int, Images], tmp_path: Path, name: str
) -> None:
    write(digits[1][:1], tmp_path / "1")
    write(digits[3][:2], tmp_path / name)
    data = folder.load(tmp_path)
    assert data.classes == tuple(sorted(["1", name]))
    assert [data.classes[label] for label in data.train.labels] == sorted(["1", name, name])


@pytest.mark.parametrize("name", ["0", "7", "07", "9"])
def test_a_folder_whose_name_is_a_digit_is_that_digit(digits: dict[int, Images], tmp_path: Path, name: str) -> None:
    write(digits[3][:2], tmp_path / name)
    data = folder.load(tmp_path)
    assert data.train.labels.tolist() == [int(name)] * 2
    assert data.classes == tuple("0123456789")


def test_hidden_classes_and_files_are_left_out(digits: dict[int, Images], tmp_path: Path) -> None:
    write(digits[3][:2], tmp_path / "3")
    write(digits[4][:2], tmp_path / ".4")
    write(digits[5][:2], tmp_path / "3" / "more")
    (tmp_path / "3" / ".5.png").write_bytes((tmp_path / "3" / "00.png").read_bytes())
    (tmp_path / "6").touch()
    data = folder.load(tmp_path)
    assert np.array_equal(data.train.images, np.concatenate([digits[3][:2], digits[5][:2]]))
    assert (data.train.labels.tolist(), data.unreadable) == ([3] * 4, ())


def test_classes_and_files_are_read_in_the_order_of_their_names(digits: dict[int, Images], tmp_path: Path) -> None:
    (tmp_path / "2").mkdir()
    for name, image in zip(("c", "a", "b"), digits[2], strict=False):
        Image.fromarray(image).save(tmp_path / "2" / f"{name}.png")
    write(digits[1][:1], tmp_path / "1")
    expected = np.stack([digits[1][0], digits[2][1], digits[2][2], digits[2][0]])
    assert np.array_equal(folder.load(tmp_path).train.images, expected)


def test_unreadable_files_of_both_parts_are_named_from_their_part(digits: dict[int, Images], tmp_path: Path) -> None:
    for part in ("train", "test"):
        write(digits[3][:1], tmp_path / part / "3")
        (tmp_path / part / "3" / "bad.png").write_bytes(b"bad")
    names = [line.partition(":")[0] for line in folder.load(tmp_path).unreadable]
    assert names == ["train/3/bad.png", "test/3/bad.png"]


def test_folders_of_unreadable_files_hold_no_images(tmp_path: Path) -> None:
    (tmp_path / "3").mkdir()
    (tmp_path / "3" / "bad.png").write_bytes(b"bad")
    with pytest.raises(DataError, match="contains no images: expected"):
        folder.load(tmp_path)


def test_a_file_in_place_of_a_folder_is_none(tmp_path: Path) -> None:
    (tmp_path / "digits").touch()
    with pytest.raises(DataError, match="is not a folder: expected"):
        folder.load(tmp_path / "digits")


def test_idx_files_that_cannot_be_read_are_named(small: Path, tmp_path: Path) -> None:
    (tmp_path / TRAIN_IMAGES).write_bytes((small / TRAIN_IMAGES).read_bytes())
    with pytest.raises(DataError, match=rf"{TRAIN_LABELS} cannot be read: No such file"):
        folder.load(tmp_path)


@pytest.mark.parametrize(("images", "labels"), [(TRAIN_IMAGES, TRAIN_IMAGES), (TRAIN_LABELS, TRAIN_LABELS)])
def test_idx_files_of_other_dimensions_do_not_belong_together(
    small: Path, tmp_path: Path, images: str, labels: str
) -> None:
    (tmp_path / TRAIN_IMAGES).write_bytes((small / images).read_bytes())
    (tmp_path / TRAIN_LABELS).write_bytes((small / labels).read_bytes())
    with pytest.raises(DataError, match="do not match"):
        folder.load(tmp_path)


def test_idx_files_are_read(small: Path, mnist: Dataset) -> None:
    data = folder.load(small)
    assert np.array_equal(data.train.images, mnist.train.images[:600])
    assert np.array_equal(data.test.labels, mnist.test.labels[:120])


def test_idx_files_without_a_test_part(small: Path, tmp_path: Path) -> None:
    for name in (TRAIN_IMAGES, TRAIN_LABELS):
        (tmp_path / name).write_bytes((small / name).read_bytes())
    assert len(folder.load(tmp_path).test) == 0


def test_idx_files_that_do_not_belong_together(small: Path, tmp_path: Path) -> None:
    (tmp_path / TRAIN_IMAGES).write_bytes((small / TEST_IMAGES).read_bytes())
    (tmp_path / TRAIN_LABELS).write_bytes((small / TRAIN_LABELS).read_bytes())
    with pytest.raises(DataError, match=r"\(120, 28, 28\).*\(600,\) do not match"):
        folder.load(tmp_path)


@pytest.mark.parametrize("name", ["nowhere", "."])
def test_a_folder_of_nothing_is_answered_with_the_layouts(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match="expected a folder of images for each class, in it or in its train/"):
        folder.load(tmp_path / name)


def test_too_few_examples_are_refused(digits: dict[int, Images], tmp_path: Path) -> None:
    write(digits[0][:3], tmp_path / "0")
    with pytest.raises(DataError, match=r"too few .* at least 20"):
        prepare(folder.load(tmp_path))
