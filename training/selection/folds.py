"""Cutting a set into folds, each held out once."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.data.dataset import Array

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Fold:
    """Places in the set, sorted: those to train on and those to predict."""

    train: Indices
    held_out: Indices


def stratified(labels: Array, folds: int, seed: int) -> list[Fold]:
    """``folds`` folds with every class in each in the same proportion, by scikit-learn's StratifiedKFold with ``seed``.

    Raises ValueError if there are fewer than two, or more than the rarest class has images.
    """
    from sklearn.model_selection import StratifiedKFold

    rarest = int(np.unique(labels, return_counts=True)[1].min())
    if not 2 <= folds <= rarest:
        raise ValueError(f"{folds} folds cannot be made: the rarest class has {rarest} images; choose 2 to {rarest}")
    cutter = StratifiedKFold(folds, shuffle=True, random_state=seed)
    return [Fold(train, held_out) for train, held_out in cutter.split(np.zeros(len(labels)), labels)]
