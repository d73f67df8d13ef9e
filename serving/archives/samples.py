"""Samples of archives: those beside a bundle, and the golden ones that travel in an archive."""

import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import safetensors.numpy

from inference import golden, samples
from inference.declared import packing
from inference.results import Arrays
from inference.samples import FILE, Labels, Samples, save
from inference.spec import InputSpec, Rows
from serving.errors import UserError

__all__ = ["FILE", "Golden", "Labels", "Samples", "SamplesError", "examples", "load", "read_golden", "save"]
_ROWS = "rows"
_COLUMN = f"{_ROWS}."  # before the name of an input

Probabilities = npt.NDArray[np.float32]  # (n, labels)


class SamplesError(UserError):
    """A file that has no samples of this model."""


def load(path: Path, given: InputSpec) -> Samples:
    """Read the samples in the file ``path``.

    Raises SamplesError if there is none, or if it has no examples of this input.
    """
    try:
        return samples.load(path, given)
    except FileNotFoundError as error:
        raise SamplesError(f"there are no samples {path} to prove the archive on") from error
    except ValueError as error:
        raise SamplesError(str(error)) from error


class Golden(NamedTuple):
    """Golden samples of an archive: examples (n, *shape), and the results that it must give.

    expected  (n, ...) by name: "probabilities", "values", or "output.NAME" of each tensor
    """

    rows: Rows
    expected: Arrays


def read_golden(archive: Path) -> Golden:
    """Read the golden samples of an archive. The rows of a model with inputs by name are one structured array (n,)."""
    with zipfile.ZipFile(archive) as file:
        arrays = packing.unpacked(safetensors.numpy.load(file.read(golden.FILE)))
    columns = {name.removeprefix(_COLUMN): arrays.pop(name) for name in [*arrays] if name.startswith(_COLUMN)}
    return Golden(_structured(columns) if columns else arrays.pop(_ROWS), arrays)


def examples(archive: Path) -> Rows:
    """Read the golden samples' examples (n, *shape), which tell a node what the archive's model takes."""
    return read_golden(archive).rows


def _structured(columns: Arrays) -> Rows:
    fields: list[Any] = [(name, column.dtype, column.shape[1:]) for name, column in columns.items()]
    rows = np.empty(len(next(iter(columns.values()))), fields)
    for name, column in columns.items():
        rows[name] = column
    return rows
