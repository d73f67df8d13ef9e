"""Rankings of pixels that know nothing of the network: what an explanation has to beat."""

import numpy as np

from training.digits.faithfulness.subjects import Shares, Subjects


def chance(subjects: Subjects) -> Shares:
    """Each pixel a random number, from seed 0."""
    drawn: Shares = np.random.default_rng(0).random(subjects.images.shape, dtype=np.float32)
    return drawn


def edges(subjects: Subjects) -> Shares:
    """The steepness of the image at each pixel: the length of Sobel's gradient."""
    grey = np.pad(subjects.images.astype(np.float32), ((0, 0), (1, 1), (1, 1)))
    smooth = grey[:, :, :-2] + 2 * grey[:, :, 1:-1] + grey[:, :, 2:]  # along a row
    down = smooth[:, 2:] - smooth[:, :-2]
    smooth = grey[:, :-2] + 2 * grey[:, 1:-1] + grey[:, 2:]  # along a column
    across = smooth[:, :, 2:] - smooth[:, :, :-2]
    return np.hypot(down, across)


BASELINES = {"edges": edges, "random": chance}
