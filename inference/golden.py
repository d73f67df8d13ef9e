"""Golden samples: a few images and the probabilities that training's classifier gave them.

They travel in the archive; a worker that cannot reproduce them must not serve.
"""

from pathlib import Path

import numpy as np
import safetensors.numpy

from inference.classifier import Classifier
from model.pixels import Images

FILE = "golden.safetensors"
TOLERANCE = 1e-4  # another processor or a GPU sums in another order; a wrong weight or pixel moves far more


class GoldenError(RuntimeError):
    """The classifier does not give the probabilities that it should."""


def record(classifier: Classifier, images: Images) -> bytes:
    """The bytes of a golden file for uint8 images (n, 28, 28)."""
    probabilities = classifier.predict(images).probabilities
    return safetensors.numpy.save({"images": np.ascontiguousarray(images), "probabilities": probabilities})


def check(classifier: Classifier, path: Path) -> None:
    """Raises GoldenError if a probability is further than 1e-4 from the golden file's."""
    golden = safetensors.numpy.load_file(path)
    with np.errstate(invalid="ignore"):  # an infinite weight ends as NaN, which is told below
        found = classifier.predict(golden["images"]).probabilities
    distance = float(np.abs(found - golden["probabilities"]).max())
    if not distance <= TOLERANCE:  # also true of NaN
        raise GoldenError(f"golden probabilities are missed by {distance:.2g}; at most {TOLERANCE:.0e} is allowed")
