"""Drift statistics of a declared model: numbers of a table, or brightness, contrast and size of images.

The reference in an archive describes the statistics. A model without a reference has none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from inference.spec import DriftSpec, Floats, Rows

MOST_COLUMNS = 64
IMAGE = ("brightness", "contrast")  # the size of the image is a further statistic
_FAR = 499.0  # standard deviations: larger distances are clipped
_KEY = "measure"  # key of the description in the file of the reference


@dataclass(frozen=True)
class Columns:
    """Standardised columns of a table, or numbers of named inputs: (number - center) / scale.

    centers, scales  float64 (s,), s <= 64: mean and standard deviation in the training data
    inputs           names of the inputs, if the model has named inputs
    """

    names: Sequence[str]
    centers: npt.NDArray[np.float64]
    scales: npt.NDArray[np.float64]
    inputs: Sequence[str] = ()

    @classmethod
    def of(cls, rows: Rows, names: Sequence[str], inputs: Sequence[str] = ()) -> "Columns":
        """Return the first columns, one for each name, of training data (n, m) or structured examples (n,)."""
        some = _table(rows, inputs)[:, : len(names)].astype(np.float64)
        deviations = some.std(axis=0)
        return cls(names, some.mean(axis=0), np.where(deviations > 0, deviations, 1.0), inputs)

    @property
    def drift(self) -> DriftSpec:
        return DriftSpec(tuple(self.names), self.measure)

    def measure(self, rows: Rows) -> Floats:
        """Return the statistics, float32 (n, s), of rows (n, m) or of structured examples (n,)."""
        some = _table(rows, self.inputs)[:, : len(self.names)].astype(np.float64)
        return np.clip((some - self.centers) / self.scales, -_FAR, _FAR).astype(np.float32)

    def described(self) -> dict[str, Any]:
        arrays = {"names": [*self.names], "centers": self.centers.tolist(), "scales": self.scales.tolist()}
        return {_KEY: arrays | ({"inputs": [*self.inputs]} if self.inputs else {})}


@dataclass(frozen=True)
class Images:
    """Brightness (mean of the bytes) and contrast (their standard deviation), both 0..1, and size of an image.

    sized  False if the sizes of the training images are unknown
    """

    sized: bool

    @property
    def drift(self) -> DriftSpec:
        return DriftSpec((*IMAGE, *(["size"] if self.sized else [])), self.measure, self.sized)

    @staticmethod
    def measure(rows: Rows) -> Floats:
        """Return brightness and contrast, float32 (n, 2), of image bytes (n, height, width[, channels])."""
        flat = rows.reshape(len(rows), -1)
        return np.stack([flat.mean(axis=1), flat.std(axis=1)], axis=1).astype(np.float32) / np.float32(255.0)

    def described(self) -> dict[str, Any]:
        return {_KEY: {"sized": self.sized}}


def load(path: Path) -> DriftSpec | None:
    """Return the statistics that the reference in the file ``path`` describes; None if the file is missing."""
    if not path.exists():
        return None
    described: Mapping[str, Any] = orjson.loads(path.read_bytes())[_KEY]
    if "sized" in described:
        return Images(described["sized"]).drift
    centers, scales = (np.array(described[name], dtype=np.float64) for name in ("centers", "scales"))
    return Columns(described["names"], centers, scales, described.get("inputs", ())).drift


def _table(rows: Rows, inputs: Sequence[str]) -> Rows:
    """Return rows (n, m). For named inputs they hold each number, or the size of an input with a variable shape."""
    if not inputs:
        return rows
    columns = [rows[name] for name in inputs]
    return np.column_stack(
        [
            np.fromiter(map(_size, column), np.float64, len(rows))
            if column.dtype == object
            else column.reshape(len(rows), -1)
            for column in columns
        ]
    )


def _size(value: object) -> int:
    """Return the number of elements of an array of numbers, or the number of characters in an array of texts."""
    array = np.asarray(value)
    return array.size if array.dtype.kind in "fiub" else sum(map(len, array.ravel().tolist()))
