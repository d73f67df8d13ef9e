"""Samples for archives: those beside a bundle, and the golden samples in an archive."""

import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import orjson

from inference import golden, samples
from inference.results import Arrays
from inference.samples import Samples
from inference.spec import InputSpec, Rows
from serving.errors import UserError

Probabilities = npt.NDArray[np.float32]  # (n, labels)


def load(path: Path, given: InputSpec) -> Samples:
    """Read the samples in the file ``path``.

    Raises UserError if there is none, or if it has no examples of this input.
    """
    try:
        return samples.load(path, given)
    except FileNotFoundError as error:
        raise UserError(f"there are no samples {path} to prove the archive on") from error
    except ValueError as error:
        raise UserError(str(error)) from error


class Golden(NamedTuple):
    """Golden samples of an archive: examples (n, *shape), and the results that it must give.

    expected  (n, ...) by name: "probabilities", "values", or "output.NAME" of a tensor
    """

    rows: Rows
    expected: Arrays

    @property
    def request(self) -> bytes:
        """Return a JSON request with the first example."""
        names, first = self.rows.dtype.names, self.rows[0]
        example = {name: first[name] for name in names} if names else first
        # orjson converts arrays of numbers itself, and calls tolist for texts
        return orjson.dumps({"instances": [example]}, np.ndarray.tolist, orjson.OPT_SERIALIZE_NUMPY)


def read_golden(archive: Path) -> Golden:
    """Read the golden samples of an archive. Named inputs are one structured array (n,)."""
    with zipfile.ZipFile(archive) as file:
        return Golden(*golden.read(file.read(golden.FILE)))
