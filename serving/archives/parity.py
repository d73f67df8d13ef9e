"""The parity gate: an archive must predict as the classifier that was trained."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from inference.classifier import Classifier
from inference.golden import TOLERANCE
from inference.samples import Samples
from serving.archives import assembly
from serving.errors import UserError


class ParityError(UserError):
    """Archive with wrong predictions."""


@dataclass(frozen=True)
class ParityFigures:
    """Distance of an archive's predictions from training's.

    samples   how many were compared
    unequal   samples with a probability that differs in a bit or more
    misread   samples whose label is another
    distance  the largest difference of a probability, 0..1
    accuracy  the archive's, 0..1; None without labels
    claimed   the accuracy that the bundle has from training, 0..1; None if it has none
    exact     whether only equal bits will do
    """

    samples: int
    unequal: int
    misread: int
    distance: float
    accuracy: float | None
    claimed: float | None
    exact: bool

    def require(self) -> None:
        """Raises ParityError, with the figures, if the archive must not be written."""
        if self.exact and self.unequal:
            raise ParityError(
                f"the archive's probabilities differ from training's on {self.unequal} of {self.samples} samples"
            )
        if self.misread or not self.distance <= TOLERANCE:  # also true of NaN
            raise ParityError(
                f"the archive predicts another label than training for {self.misread} of {self.samples} samples, "
                f"and its probabilities are up to {self.distance:.2g} from training's; {TOLERANCE:.0e} is allowed"
            )
        if self.accuracy != self.claimed:
            raise ParityError(f"the archive's accuracy is {self.accuracy}, the bundle claims {self.claimed}")


def compare(archive: Path, classifier: Classifier, samples: Samples, *, exact: bool) -> ParityFigures:
    """Predict with an archive, unpacked, in a process of its own, and compare.

    classifier  training's, by PyTorch layer by layer
    samples     examples, and their labels if the bundle claims an accuracy, its ``test_accuracy``
    exact       equal bits, for a format whose arithmetic is training's. Else the same labels, and probabilities within
                the tolerance of the golden samples: sums in another order differ, and other weights differ by far more
    """
    rows, labels = samples
    results = classifier.predict(rows)
    expected, predicted = results.probabilities, assembly.predict(archive, rows, results, proven=False)["probabilities"]
    return ParityFigures(
        samples=len(rows),
        unequal=int((predicted != expected).any(axis=1).sum()),
        misread=int((predicted.argmax(axis=1) != expected.argmax(axis=1)).sum()),
        distance=float(np.abs(predicted - expected).max()),
        accuracy=None if labels is None else float((predicted.argmax(axis=1) == labels).mean()),
        claimed=classifier.bundle.metadata.metrics.get("test_accuracy"),
        exact=exact,
    )
