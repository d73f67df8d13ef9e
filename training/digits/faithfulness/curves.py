"""Deletion and insertion curves (Petsiuk et al., 2018): pixels are removed or restored in the order of their shares."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import sobel

from inference.classifier import Classifier
from model.pixels import PIXELS, SIDE
from model.spec import CLASSES
from training.digits.faithfulness.subjects import Shares, Subjects

STEPS = 20  # from the whole image to an empty one


@dataclass(frozen=True)
class Curves:
    """Probabilities, 0..1, of the explained digit, float64 (n, STEPS + 1) each.

    deletion   after 0/STEPS .. all of the ink of the image is removed, the largest share first
    insertion  after as much ink is restored on black paper in the same order
    """

    deletion: npt.NDArray[np.float64]
    insertion: npt.NDArray[np.float64]


def curves(classifier: Classifier, subjects: Subjects, shares: Shares) -> Curves:
    """Return the curves over the inked pixels. The removal of other pixels would change nothing."""
    cuts = np.arange(STEPS + 1)[None, :, None] / STEPS  # (1, steps, 1)
    taken = _places(subjects, shares)[:, None, :] < cuts  # (n, steps, 784)
    flat = subjects.images.reshape(-1, 1, PIXELS)
    deletion, insertion = (_probabilities(classifier, subjects, flat * shown) for shown in (~taken, taken))
    return Curves(deletion, insertion)


def area(curve: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the area under each curve (n, STEPS + 1) by the trapezoid rule, 0..1: (n,). Less is good for deletion."""
    return np.asarray(np.trapezoid(curve, dx=1.0 / STEPS, axis=1))


def _places(subjects: Subjects, shares: Shares) -> npt.NDArray[np.float64]:
    """Return the rank of each pixel among the inked pixels of its image, 0..1, and 1 without ink: (n, 784)."""
    inked = subjects.inked.reshape(-1, PIXELS)
    order = np.argsort(np.where(inked, -shares.reshape(-1, PIXELS), np.inf), axis=1, kind="stable")
    places = np.empty(order.shape)
    np.put_along_axis(places, order, np.arange(PIXELS, dtype=np.float64)[None, :], axis=1)
    shares_of_ink: npt.NDArray[np.float64] = places / np.maximum(inked.sum(axis=1, keepdims=True), 1)
    return shares_of_ink.clip(max=1.0)


def _probabilities(
    classifier: Classifier, subjects: Subjects, images: npt.NDArray[np.uint8]
) -> npt.NDArray[np.float64]:
    """Map images uint8 (n, steps, 784) to the probabilities of the targets (n, steps)."""
    rows = classifier.predict(images.reshape(-1, SIDE, SIDE)).probabilities.reshape(len(subjects), -1, CLASSES)
    of_target = np.take_along_axis(rows, subjects.targets[:, None, None], axis=2)
    return of_target[..., 0].astype(np.float64)


def _chance(subjects: Subjects) -> Shares:
    """Return a random number for each pixel, from seed 0."""
    return np.random.default_rng(0).random(subjects.images.shape, dtype=np.float32)


def edges(subjects: Subjects) -> Shares:
    """Return the length of Sobel's gradient at each pixel of the images."""
    greys = subjects.images.astype(np.float32)
    down, across = (np.stack([sobel(grey, axis, mode="constant") for grey in greys]) for axis in (0, 1))
    steepness: Shares = np.hypot(down, across)
    return steepness


BASELINES = {  # rankings that do not depend on the network; explanations must beat them
    "edges": edges,
    "random": _chance,
}
