"""Statistics of a declared model's examples by which drift is seen: numbers of a table, or light and size of images.

Their description is part of the reference in an archive: a model without a reference has no statistics.
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
IMAGE = ("brightness", "contrast")  # and the size of the file
_FAR = 499.0  # standard deviations: numbers beyond are counted as this
_KEY = "measure"  # of the reference's file


@dataclass(frozen=True)
class Columns:
    """The first columns of a table, or numbers of inputs by name, relative to training data: (number - center) / scale.

    centers, scales  float64 (s,); s at most 64
    inputs           names, if the model has inputs by name
    """

    names: Sequence[str]
    centers: npt.NDArray[np.float64]
    scales: npt.NDArray[np.float64]
    inputs: Sequence[str] = ()

    @classmethod
    def of(cls, rows: Rows, names: Sequence[str], inputs: Sequence[str] = ()) -> "Columns":
        """Return the columns of training data with these names, at most 64: rows (n, m), or examples by input name."""
        some = _table(rows, inputs)[:, : len(names)].astype(np.float64)
        deviations = some.std(axis=0)
        return cls(names, some.mean(axis=0), np.where(deviations > 0, deviations, 1.0), inputs)

    @property
    def drift(self) -> DriftSpec:
        return DriftSpec(tuple(self.names), self.measure)

    def measure(self, rows: Rows) -> Floats:
        """Rows (n, m), or examples by input name (n,), to float32 (n, s)."""
        some = _table(rows, self.inputs)[:, : len(self.names)].astype(np.float64)
        return np.clip((some - self.centers) / self.scales, -_FAR, _FAR).astype(np.float32)

    def described(self) -> dict[str, Any]:
        arrays = {"names": [*self.names], "centers": self.centers.tolist(), "scales": self.scales.tolist()}
        return {_KEY: arrays | ({"inputs": [*self.inputs]} if self.inputs else {})}


@dataclass(frozen=True)
class Images:
    """Brightness, the mean of the bytes, contrast, their standard deviation, both 0 to 1, and the size of the file.

    sized  false for training data that does not tell sizes
    """

    sized: bool

    @property
    def drift(self) -> DriftSpec:
        return DriftSpec((*IMAGE, *(["size"] if self.sized else [])), self.measure, self.sized)

    @staticmethod
    def measure(rows: Rows) -> Floats:
        """Bytes of images (n, height, width[, channels]) to float32 (n, 2)."""
        flat = rows.reshape(len(rows), -1)
        return np.stack([flat.mean(axis=1), flat.std(axis=1)], axis=1).astype(np.float32) / np.float32(255.0)

    def described(self) -> dict[str, Any]:
        return {_KEY: {"sized": self.sized}}


def load(path: Path) -> DriftSpec | None:
    """Return the statistics that a reference in the file ``path`` describes; None if there is no file."""
    if not path.exists():
        return None
    described: Mapping[str, Any] = orjson.loads(path.read_bytes())[_KEY]
    if "sized" in described:
        return Images(described["sized"]).drift
    centers, scales = (np.array(described[name], dtype=np.float64) for name in ("centers", "scales"))
    return Columns(described["names"], centers, scales, described.get("inputs", ())).drift


def _table(rows: Rows, inputs: Sequence[str]) -> Rows:
    """Return rows (n, m): for named inputs each number, or the size of inputs with a variable size."""
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
    """Return how many numbers an array has, or how many characters its texts have."""
    array = np.asarray(value)
    return array.size if array.dtype.kind in "fiub" else sum(map(len, array.ravel().tolist()))
