"""Data sets in NumPy's file formats."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from training.data import folder
from training.errors import DataError

IMAGES = np.random.default_rng(0).integers(0, 256, (6, 28, 28)).astype(np.uint8)
LABELS = np.array([0, 1, 2, 3, 4, 9])


@pytest.mark.parametrize(
    "names", [("x_train", "y_train"), ("train-images", "train-labels"), ("Images", "Labels"), ("x", "y")]
)
@pytest.mark.parametrize("packed", [True, False])
def test_they_are_found_under_their_usual_names(names: tuple[str, str], packed: bool, tmp_path: Path) -> None:
    arrays: dict[str, Any] = dict(zip(names, (IMAGES, LABELS), strict=True))
    if packed:
        np.savez_compressed(tmp_path / "mnist.npz", **arrays)
    else:
        for name, array in arrays.items():
            np.save(tmp_path / f"{name}.npy", array)
    data = folder.load(tmp_path)
    assert np.array_equal(data.train.images, IMAGES)
    assert data.train.labels.tolist() == LABELS.tolist()
    assert (len(data.test), len(data.validation)) == (0, 0)


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i4", "u8", "f4", "f8"])
def test_labels_may_be_of_any_type_of_numbers(dtype: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "set.npz", x=IMAGES, y=LABELS.astype(dtype))
    assert folder.load(tmp_path).train.labels.tolist() == LABELS.tolist()


@pytest.mark.parametrize(("highest", "classes"), [(9, 10), (10, 11), (61, 62)])
def test_a_label_over_9_makes_all_classes_own(highest: int, classes: int, tmp_path: Path) -> None:
    np.savez(tmp_path / "set.npz", x=IMAGES, y=[0, 1, 2, 3, 4, highest])
    assert folder.load(tmp_path).classes == tuple(map(str, range(classes)))


@pytest.mark.parametrize(
    ("images", "label", "message"),
    [
        (np.zeros((6, 32, 24), np.uint8), 1, "images are 32x24, and arrays need 28x28: make a folder of image files"),
        (IMAGES, 1000, "a label is over 999: at most 1,000 classes can be served"),
        (IMAGES, 10**9, "a label is over 999"),
    ],
)
def test_other_sizes_and_too_many_classes_are_refused(
    images: npt.NDArray[Any], label: int, message: str, tmp_path: Path
) -> None:
    np.savez(tmp_path / "set.npz", x=images, y=[0, 1, 2, 3, 4, label])
    with pytest.raises(DataError) as error:
        folder.load(tmp_path)
    assert str(error.value).startswith(f"own arrays: {message}")


def test_every_part_is_read(tmp_path: Path) -> None:
    parts = {"train": 3, "val": 2, "test": 1}
    named: dict[str, Any] = {f"{part}_images": IMAGES[:count] for part, count in parts.items()}
    named |= {f"{part}_labels": LABELS[:count] for part, count in parts.items()}
    np.savez(tmp_path / "set.npz", **named)
    data = folder.load(tmp_path)
    assert (len(data.train), len(data.validation), len(data.test)) == (3, 2, 1)


@pytest.mark.parametrize(
    "images",
    [
        IMAGES.reshape(6, 784),
        IMAGES[..., None],
        IMAGES[:, None],
        IMAGES.astype(np.int64),
        IMAGES / 255,
        (IMAGES / 255).astype(np.float32).reshape(6, 784),
        IMAGES.astype(np.float64),
    ],
    ids=["flat", "channel last", "channel first", "int64", "0 to 1", "flat 0 to 1", "floats to 255"],
)
def test_shapes_and_types_that_hold_the_same_images(images: npt.NDArray[Any], tmp_path: Path) -> None:
    np.savez(tmp_path / "set.npz", x_train=images, y_train=LABELS[:, None])
    assert np.array_equal(folder.load(tmp_path).train.images, IMAGES)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"inputs": IMAGES, "targets": LABELS}, r"set.npz:inputs, set.npz:targets: rename them to x_train and y_train"),
        ({"x_train": IMAGES}, r"set.npz:x_train without its labels: name them y_train"),
        ({"y_train": LABELS}, r"set.npz:y_train without its images: name them x_train"),
        ({"x_train": IMAGES, "y_train": LABELS[:5]}, r"\(6, 28, 28\) and set.npz:y_train of \(5,\) do not match"),
        ({"x_train": IMAGES.reshape(6, 2, 392), "y_train": LABELS[None]}, r"\(1, 6\) do not match"),
        ({"x_train": IMAGES * 2.0, "y_train": LABELS}, r"contains numbers from 0 to 510: images are 0 to 255"),
        ({"x_train": IMAGES / 128.0 - 1, "y_train": LABELS}, r"contains numbers from -1 to"),
        ({"x_train": np.full((1, 28, 28), np.nan), "y_train": LABELS[:1]}, r"contains numbers from nan to nan"),
        ({"x_train": IMAGES.astype("U3"), "y_train": LABELS}, r"holds <U3: images are numbers"),
        ({"x_train": IMAGES, "y_train": LABELS + 0.5}, r"labels other than whole numbers from 0"),
        ({"x_train": IMAGES, "y_train": LABELS - 1}, r"labels other than whole numbers from 0"),
        ({"x_train": IMAGES, "y_train": LABELS.astype("U1")}, r"use one folder of images per class"),
        ({"x_train": IMAGES.astype(object), "y_train": LABELS}, r"set.npz:x_train cannot be read: Object arrays"),
        ({"x_train": IMAGES, "X-Train": IMAGES}, r"set.npz:x_train and set.npz:X-Train are both the array x_train"),
    ],
)
def test_other_arrays_are_refused_by_name(arrays: dict[str, Any], message: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "set.npz", **arrays)
    with pytest.raises(DataError, match=message):
        folder.load(tmp_path)


@pytest.mark.parametrize("name", ["x_train.npy", "set.npz"])
def test_a_broken_file_is_named(name: str, tmp_path: Path) -> None:
    np.save(tmp_path / "y_train.npy", LABELS)
    (tmp_path / name).write_bytes(b"PK\3\4 and no more")
    with pytest.raises(DataError, match=rf"{name} cannot be read"):
        folder.load(tmp_path)
