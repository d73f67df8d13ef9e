"""IDX files under their usual names."""

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from training.data import folder, idx
from training.data.dataset import FILES, TRAIN_IMAGES, TRAIN_LABELS
from training.errors import DataError

NAMES: dict[str, Callable[[str], str]] = {
    "as published": lambda name: name,
    "packed": lambda name: f"{name}.gz",
    "with a dot": lambda name: name.replace("-idx", ".idx"),
    "with a dot, packed": lambda name: f"{name.replace('-idx', '.idx')}.gz",
    "as torchvision keeps them": lambda name: f"MNIST/raw/{name}",
    "in raw": lambda name: f"raw/{name}",
}


@pytest.mark.parametrize("named", NAMES)
def test_they_are_found_and_read(named: str, small: Path, tmp_path: Path) -> None:
    for name in FILES:
        path = tmp_path / NAMES[named](name)
        path.parent.mkdir(parents=True, exist_ok=True)
        content = (small / name).read_bytes()
        path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    assert folder.load(tmp_path).checksums() == folder.load(small).checksums()


def test_images_may_be_flat(small: Path, tmp_path: Path) -> None:
    for name in FILES:
        array = idx.decode((small / name).read_bytes(), name)
        (tmp_path / name).write_bytes(idx.encode(array.reshape(len(array), -1) if array.ndim == 3 else array))
    assert np.array_equal(folder.load(tmp_path).train.images, folder.load(small).train.images)


@pytest.mark.parametrize(
    "content", [b"", b"no gzip", gzip.compress(b"\0\0\x08\x01")[:-6]], ids=["empty", "other", "cut"]
)
def test_a_broken_packed_file_is_named(content: bytes, small: Path, tmp_path: Path) -> None:
    (tmp_path / TRAIN_IMAGES).write_bytes((small / TRAIN_IMAGES).read_bytes())
    (tmp_path / f"{TRAIN_LABELS}.gz").write_bytes(content)
    with pytest.raises(DataError, match=rf"{TRAIN_LABELS}.gz (cannot be read|is not an IDX file)"):
        folder.load(tmp_path)


def test_other_names_are_told_before_anything_is_read(tmp_path: Path) -> None:
    (tmp_path / "emnist-letters-train-images-idx3-ubyte").touch()
    with pytest.raises(DataError, match=f"emnist-letters-train-images-idx3-ubyte: rename it to {TRAIN_IMAGES} or t10k"):
        folder.load(tmp_path)
