"""Samples: examples that an archive must predict as the bundle does, and the golden ones that travel in it."""

import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import safetensors
import safetensors.numpy

from inference import files, golden
from inference.declared import packing
from inference.results import Arrays
from inference.spec import InputSpec, Rows
from serving import paths
from serving.errors import UserError

FILE = paths.SAMPLES
_ROWS, _LABELS = "rows", "labels"
_COLUMN = f"{_ROWS}."  # before the name of an input

Labels = npt.NDArray[np.integer]  # (n,), indices of the expected labels
Probabilities = npt.NDArray[np.float32]  # (n, labels)


class SamplesError(UserError):
    """A file that has no samples of this model."""


class Samples(NamedTuple):
    """Examples that training never saw, of the input's dtype (n, *shape), and their labels, if they are known."""

    rows: Rows
    labels: Labels | None = None


def save(samples: Samples, path: Path) -> None:
    """Write samples to the file ``path``, whole or not at all."""
    tensors: dict[str, npt.NDArray[np.generic]] = {_ROWS: np.ascontiguousarray(samples.rows)}
    if samples.labels is not None:
        tensors[_LABELS] = samples.labels.astype(np.int64)
    files.replace(path, safetensors.numpy.save(tensors))


def load(path: Path, given: InputSpec) -> Samples:
    """Read the samples in the file ``path``.

    Raises SamplesError if there is none, or if it has no examples of this input.
    """
    try:
        tensors = safetensors.numpy.load(path.read_bytes())
        rows, labels = tensors[_ROWS], tensors.get(_LABELS)
    except FileNotFoundError as error:
        raise SamplesError(f"there are no samples {path} to prove the archive on") from error
    except (safetensors.SafetensorError, KeyError) as error:
        raise SamplesError(f"{path} has no samples: {error}") from error
    if rows.dtype != given.dtype or rows.shape[1:] != given.shape or not len(rows):
        raise SamplesError(f"{path} has {rows.dtype} {rows.shape}, and {given.dtype} (n, *{given.shape}) is needed")
    if labels is not None and (labels.shape != (len(rows),) or labels.dtype.kind not in "iu"):
        raise SamplesError(f"{path} has labels {labels.dtype} {labels.shape} for {len(rows)} samples")
    return Samples(rows, labels)


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
