"""Golden samples: a few examples and the probabilities that training's classifier gave them.

They travel in the archive; a worker that cannot reproduce them must not serve.
"""

from pathlib import Path

import numpy as np
import safetensors.numpy

from inference.classifier import Classifier
from inference.spec import Rows

FILE = "golden.safetensors"
TOLERANCE = 1e-4  # another processor or a GPU sums in another order; a wrong weight or input moves far more


class GoldenError(RuntimeError):
    """The classifier does not give the probabilities that it should."""


def record(classifier: Classifier, rows: Rows) -> bytes:
    """The bytes of a golden file for examples (n, *shape)."""
    probabilities = classifier.predict(rows).probabilities
    return safetensors.numpy.save({"rows": np.ascontiguousarray(rows), "probabilities": probabilities})


def check(classifier: Classifier, path: Path) -> None:
    """Raises GoldenError if a probability is further than 1e-4 from the golden file's."""
    golden = safetensors.numpy.load_file(path)
    with np.errstate(invalid="ignore"):  # an infinite weight ends as NaN, which fails below
        actual = classifier.predict(golden["rows"]).probabilities
    distance = float(np.abs(actual - golden["probabilities"]).max())
    if not distance <= TOLERANCE:  # also true of NaN
        raise GoldenError(f"golden probabilities are missed by {distance:.2g}; at most {TOLERANCE:.0e} is allowed")
