"""Golden samples: a few examples, and what the model that was packaged answered for them.

They travel in the archive; a worker that cannot reproduce them must not serve.
"""

from pathlib import Path

import numpy as np
import safetensors.numpy

from inference import packing
from inference.classifier import Predictions
from inference.results import Arrays, Tensors, Values, distance
from inference.spec import Predictor, Rows

FILE = "golden.safetensors"
TOLERANCE = 1e-4  # another processor or a GPU sums in another order; a wrong weight or input moves far more
_ROWS = "rows"
_FIELD = f"{_ROWS}."  # before the name of an input, where there are several
Results = Predictions | Values | Tensors


class GoldenError(RuntimeError):
    """The model does not give the results that it should."""


def record(rows: Rows, results: Results) -> bytes:
    """The bytes of a file with examples (n, *shape) and the results for them."""
    names = rows.dtype.names or ()
    examples = {f"{_FIELD}{name}": rows[name] for name in names} if names else {_ROWS: rows}
    return safetensors.numpy.save(packing.packed({**examples, **named(results)}))


def read(content: bytes) -> tuple[Rows, Arrays]:
    """Return the examples of a file, and the results for them by name.

    Raises KeyError or safetensors.SafetensorError if it is no such file.
    """
    arrays = packing.unpacked(safetensors.numpy.load(content))
    columns = {name.removeprefix(_FIELD): array for name, array in arrays.items() if name.startswith(_FIELD)}
    results = {name: array for name, array in arrays.items() if name != _ROWS and not name.startswith(_FIELD)}
    if not columns:
        return arrays[_ROWS], results
    count = len(next(iter(columns.values())))
    rows = np.empty(count, [(name, values.dtype, values.shape[1:]) for name, values in columns.items()])
    for name, column in columns.items():
        rows[name] = column
    return rows, results


def named(results: Results) -> Arrays:
    """Return the arrays that tell two results apart, by names that differ from one another and from "rows"."""
    if isinstance(results, Predictions):
        return {"probabilities": results.probabilities}
    if isinstance(results, Values):
        return {"values": results.values}
    return {f"output.{name}": array for name, array in results.arrays.items()}


def check(model: Predictor, path: Path) -> None:
    """Raises GoldenError if a result is further than 1e-4 from the file's, relative to numbers over 1."""
    rows, expected = read(path.read_bytes())
    with np.errstate(invalid="ignore"):  # an infinite weight ends as NaN
        actual = named(model.predict(rows))
    if failure := missed(actual, expected):
        raise GoldenError(failure)


def missed(actual: Arrays, expected: Arrays) -> str:
    """Return a sentence if results are too far from those of a golden file, else an empty text."""
    difference = distance(actual, expected)
    if difference <= TOLERANCE:
        return ""
    noun = next(iter(expected)) if len(expected) == 1 else "outputs"
    return f"golden {noun} are missed by {difference:.2g}; at most {TOLERANCE:.0e} is allowed"
