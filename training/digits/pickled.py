"""Reader of pickles that contain only numpy arrays."""

import io
import pickle
from typing import Any

import numpy as np
from numpy._core import multiarray

from training.errors import DataError

_ALLOWED = {
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("numpy.core.multiarray", "_reconstruct"): multiarray._reconstruct,
    ("numpy._core.multiarray", "_reconstruct"): multiarray._reconstruct,
}


class _ArraysOnly(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        try:
            return _ALLOWED[module, name]
        except KeyError:
            raise DataError(f"the pickle asks for {module}.{name}: only numpy arrays are read") from None


def loads(data: bytes) -> Any:
    """Return arrays in tuples, lists and dictionaries from a pickle of Python 2 or 3.

    Raises DataError if the pickle is broken, or names anything but the parts of an array. Such a pickle could run any
    function.
    """
    try:
        return _ArraysOnly(io.BytesIO(data), encoding="latin1").load()  # latin1 keeps the bytes of a Python 2 pickle
    except (pickle.UnpicklingError, EOFError, ValueError, TypeError, IndexError, AttributeError) as error:
        raise DataError(f"the pickle is broken: {error}") from error
