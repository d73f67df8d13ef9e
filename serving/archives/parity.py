"""Parity gate: an archive must predict like the trained classifier."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from inference.classifier import Classifier
from inference.golden import TOLERANCE
from inference.samples import Samples
from serving.archives import assembly
from serving.errors import UserError


class ParityError(UserError):
    """Error about an archive with wrong predictions."""


@dataclass(frozen=True)
class ParityFigures:
    """Difference between the predictions of an archive and of the trained classifier.

    samples   number of samples
    unequal   samples with at least one probability that is not equal in every bit
    misread   samples with another label
    distance  largest difference of a probability, 0..1
    accuracy  of the archive, 0..1; None without labels
    claimed   accuracy in the bundle, 0..1; None if it has none
    exact     true if all bits must be equal
    """

    samples: int
    unequal: int
    misread: int
    distance: float
    accuracy: float | None
    claimed: float | None
    exact: bool

    def require(self) -> None:
        """Check that the archive may be written. Raises ParityError with the figures."""
        if self.exact and self.unequal:
            raise ParityError(
                f"the archive's probabilities differ from training's on {self.unequal} of {self.samples} samples"
            )
        if self.misread or not self.distance <= TOLERANCE:  # also rejects NaN
            raise ParityError(
                f"the archive predicts another label than training for {self.misread} of {self.samples} samples, "
                f"and its probabilities are up to {self.distance:.2g} from training's; {TOLERANCE:.0e} is allowed"
            )
        if self.accuracy != self.claimed:
            raise ParityError(f"the archive's accuracy is {self.accuracy}, the bundle claims {self.claimed}")


def compare(archive: Path, classifier: Classifier, samples: Samples, *, exact: bool) -> ParityFigures:
    """Predict with an unpacked archive in a process of its own, and compare with the trained classifier.

    classifier  runs in PyTorch, layer by layer
    samples     examples, with labels if the bundle claims a ``test_accuracy``
    exact       true requires equal bits, for formats with training's arithmetic. False requires equal labels, and
                probabilities within the tolerance of the golden samples: another order of sums differs by less, other
                weights by far more
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
