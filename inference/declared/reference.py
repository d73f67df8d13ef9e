"""Reference outputs of a declared model: golden samples, and what was answered for them when it was packaged."""

from pathlib import Path

import numpy as np
import safetensors.numpy

from inference.declared.network import Results, named
from inference.golden import TOLERANCE, GoldenError
from inference.results import Arrays, distance
from inference.spec import Predictor, Rows

ROWS = "rows"


def record(rows: Rows, results: Results) -> bytes:
    """The bytes of a file with examples (n, *shape) and the results for them."""
    arrays = {name: np.ascontiguousarray(array) for name, array in named(results).items()}
    return safetensors.numpy.save({ROWS: np.ascontiguousarray(rows), **arrays})


def check(model: Predictor, path: Path) -> None:
    """Raises GoldenError if a result is further than 1e-4 from the file's, relative to numbers over 1."""
    expected: Arrays = safetensors.numpy.load_file(path)
    actual = named(model.predict(expected[ROWS]))
    missed = distance(actual, {name: array for name, array in expected.items() if name != ROWS})
    if missed > TOLERANCE:
        raise GoldenError(f"golden outputs are missed by {missed:.2g}; at most {TOLERANCE:.0e} is allowed")
