"""Golden samples: a few examples with the results of the packaged model.

The archive contains them. A worker that cannot reproduce the results must not serve.
"""

from pathlib import Path

import numpy as np
import safetensors.numpy

from inference import packing
from inference.classifier import Predictions
from inference.results import Arrays, Tensors, Values, distance
from inference.spec import Predictor, Rows

FILE = "golden.safetensors"
TOLERANCE = 1e-4  # another processor or a GPU sums in another order; a wrong weight or input changes results far more
_ROWS = "rows"
_FIELD = f"{_ROWS}."  # prefix of the name of an input, for models with several inputs
Results = Predictions | Values | Tensors


class GoldenError(RuntimeError):
    """Error: the model does not reproduce its golden results."""


def record(rows: Rows, results: Results) -> bytes:
    """Return the bytes of a golden file with examples (n, *shape) and their results."""
    names = rows.dtype.names or ()
    examples = {f"{_FIELD}{name}": rows[name] for name in names} if names else {_ROWS: rows}
    return safetensors.numpy.save(packing.packed({**examples, **named(results)}))


def read(content: bytes) -> tuple[Rows, Arrays]:
    """Return the examples of a golden file, and their results by name.

    Raises KeyError or safetensors.SafetensorError for any other content.
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
    """Return the arrays of a result that a golden file compares, by name. No name is "rows"."""
    if isinstance(results, Predictions):
        return {"probabilities": results.probabilities}
    if isinstance(results, Values):
        return {"values": results.values}
    return {f"output.{name}": array for name, array in results.arrays.items()}


def check(model: Predictor, path: Path) -> None:
    """Raise GoldenError if the ``distance`` of the results of a model from the golden file ``path`` is over 1e-4."""
    rows, expected = read(path.read_bytes())
    with np.errstate(invalid="ignore"):  # an infinite weight ends as NaN
        actual = named(model.predict(rows))
    if failure := missed(actual, expected):
        raise GoldenError(failure)


def missed(actual: Arrays, expected: Arrays) -> str:
    """Return an error message if the results are too far from the expected ones, else an empty text."""
    difference = distance(actual, expected)
    if difference <= TOLERANCE:
        return ""
    noun = next(iter(expected)) if len(expected) == 1 else "outputs"
    return f"golden {noun} are missed by {difference:.2g}; at most {TOLERANCE:.0e} is allowed"
