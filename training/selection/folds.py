"""Split of a set into folds. Each fold is held out once."""

import numpy as np
import numpy.typing as npt

from training.data.dataset import Array

Indices = npt.NDArray[np.int64]


def stratified(labels: Array, folds: int, seed: int) -> list[tuple[Indices, Indices]]:
    """Return folds with every class in the same proportion, from scikit-learn's StratifiedKFold.

    Raises ValueError for less than two folds, or more folds than the rarest class has images.
    """
    from sklearn.model_selection import StratifiedKFold

    rarest = int(np.unique(labels, return_counts=True)[1].min())
    if not 2 <= folds <= rarest:
        raise ValueError(f"{folds} folds cannot be made: the rarest class has {rarest} images; choose 2 to {rarest}")
    cutter = StratifiedKFold(folds, shuffle=True, random_state=seed)
    return list(cutter.split(np.zeros(len(labels)), labels))
