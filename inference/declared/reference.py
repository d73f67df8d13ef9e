"""Reference outputs of a declared model: golden samples, and what was answered for them when it was packaged."""

from pathlib import Path

import numpy as np
import safetensors.numpy

from inference.declared import packing
from inference.declared.network import Results, named
from inference.golden import TOLERANCE, GoldenError
from inference.results import Arrays, distance
from inference.spec import Predictor, Rows

ROWS = "rows"
_FIELD = f"{ROWS}."


def record(rows: Rows, results: Results) -> bytes:
    """The bytes of a file with examples (n, *shape) and the results for them."""
    names = rows.dtype.names or ()
    examples = {f"{_FIELD}{name}": rows[name] for name in names} if names else {ROWS: rows}
    return safetensors.numpy.save(packing.packed({**examples, **named(results)}))


def read(content: bytes) -> tuple[Rows, Arrays]:
    """Return the examples of a file, and the results for them by name.

    Raises KeyError or safetensors.SafetensorError if it is no such file.
    """
    arrays = packing.unpacked(safetensors.numpy.load(content))
    columns = {name.removeprefix(_FIELD): array for name, array in arrays.items() if name.startswith(_FIELD)}
    results = {name: array for name, array in arrays.items() if name != ROWS and not name.startswith(_FIELD)}
    return (_joined(columns) if columns else arrays[ROWS]), results


def _joined(columns: Arrays) -> Rows:
    """Examples (n,) of inputs by name."""
    rows = np.empty(
        len(next(iter(columns.values()))), [(name, values.dtype, values.shape[1:]) for name, values in columns.items()]
    )
    for name, column in columns.items():
        rows[name] = column
    return rows


def check(model: Predictor, path: Path) -> None:
    """Raises GoldenError if a result is further than 1e-4 from the file's, relative to numbers over 1."""
    rows, expected = read(path.read_bytes())
    missed = distance(named(model.predict(rows)), expected)
    if missed > TOLERANCE:
        raise GoldenError(f"golden outputs are missed by {missed:.2g}; at most {TOLERANCE:.0e} is allowed")
