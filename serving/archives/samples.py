"""Samples of archives: those beside a bundle, and the golden ones that travel in an archive."""

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import orjson
import safetensors.numpy

from inference import golden, samples
from inference.declared import packing, reference
from inference.declared.reference import ROWS
from inference.results import Arrays
from inference.samples import FILE, Labels, Samples, save
from inference.spec import InputSpec, Rows
from serving.errors import UserError

__all__ = [
    "FILE",
    "Golden",
    "GoldenRequest",
    "Labels",
    "Samples",
    "SamplesError",
    "examples",
    "golden_request",
    "load",
    "read_golden",
    "save",
]

Probabilities = npt.NDArray[np.float32]  # (n, labels)
_FIELD = f"{ROWS}."  # before the name of an input, where there are several


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
        return Golden(*reference.read(file.read(golden.FILE)))


def examples(archive: Path) -> Rows:
    """Read the golden samples' examples (n, *shape), which tell a node what the archive's model takes."""
    return read_golden(archive).rows


@dataclass(frozen=True)
class GoldenRequest:
    """A request for one example, as JSON, and the results that it had when the archive was made, by their names."""

    request: bytes
    results: Arrays


def golden_request(archive: Path) -> GoldenRequest:
    """Return the first golden sample of an archive."""
    with zipfile.ZipFile(archive) as file:
        arrays = packing.unpacked(safetensors.numpy.load(file.read(golden.FILE)))
    first = {name: array[0] for name, array in arrays.items()}
    fields = {name.removeprefix(_FIELD): array for name, array in first.items() if name.startswith(_FIELD)}
    example = first.get(ROWS, fields)
    results = {name: array for name, array in first.items() if name != ROWS and not name.startswith(_FIELD)}
    content = orjson.dumps({"instances": [example]}, np.ndarray.tolist, orjson.OPT_SERIALIZE_NUMPY)  # texts by tolist
    return GoldenRequest(content, results)
