"""Images to explain, and the digit to explain for each."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from inference.classifier import Classifier
from model.pixels import Images

Shares = npt.NDArray[np.float32]  # attributions of n images, (n, 28, 28)


@dataclass(frozen=True)
class Subjects:
    """n images uint8 (n, 28, 28), and the digits int64 (n,) to explain."""

    images: Images
    targets: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: slice | npt.NDArray[np.int64]) -> "Subjects":
        return Subjects(self.images[index], self.targets[index])

    @property
    def inked(self) -> npt.NDArray[np.bool_]:
        """Return a mask of the pixels with ink, bool (n, 28, 28). The others are black: removing them has no effect."""
        return self.images > 0


def predicted(classifier: Classifier, images: Images) -> Subjects:
    """Return every image with its predicted digit."""
    return Subjects(images, classifier.predict(images).classes)


def ten(subjects: Subjects, labels: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    """Return the index of the first correctly predicted image of each digit. Raises ValueError if a digit has none."""
    right = labels[: len(subjects)] == subjects.targets
    chosen = [np.flatnonzero(right & (subjects.targets == digit))[:1] for digit in range(10)]
    if not all(map(len, chosen)):
        raise ValueError(f"{len(subjects)} images do not show every digit: use more")
    return np.concatenate(chosen)


def second(classifier: Classifier, images: Images) -> Subjects:
    """Return every image with the digit of the second-highest probability."""
    return Subjects(images, np.argsort(-classifier.predict(images).probabilities, axis=1, kind="stable")[:, 1])
