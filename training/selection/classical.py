"""Candidates from scikit-learn."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from model.pixels import PIXELS, Images
from training.data.dataset import Examples
from training.selection.candidate import Classes, Model

Estimator = Any  # scikit-learn has no types


@dataclass(frozen=True)
class Classical:
    """A scikit-learn estimator that takes float32 (n, pixels), 0..1.

    build  makes it, not yet fitted, for a seed
    sized  its size once fitted, and in what that is counted
    """

    name: str
    kind: str
    build: Callable[[int], Estimator]
    sized: Callable[[Estimator], tuple[int, str]]

    @property
    def recipe(self) -> str:
        """Every setting that is not scikit-learn's own."""
        return " ".join(repr(self.build(0)).split())

    def estimator(self, examples: Examples, seed: int) -> Estimator:
        """Fitted on images uint8 (n, *shape) and their labels."""
        return self.build(seed).fit(to_features(examples.images), examples.labels)

    def fit(self, examples: Examples, seed: int) -> Model:
        fitted = self.estimator(examples, seed)

        def predict(images: Images) -> Classes:
            return np.asarray(fitted.predict(to_features(images)), dtype=np.int64)

        return Model(predict, *self.sized(fitted))


def to_features(images: Images) -> npt.NDArray[np.float32]:
    """uint8 (n, *shape), 0..255, to float32 (n, pixels), 0..1: what the network gets, as an array."""
    return images.reshape(len(images), PIXELS).astype(np.float32) / np.float32(255.0)


def logistic_regression(seed: int) -> Estimator:
    """``coef_`` (classes, pixels) and ``intercept_`` (classes,): one picture of weights for each class."""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=0.1, tol=0.001, max_iter=1000, random_state=seed)


def decision_tree(seed: int) -> Estimator:
    """``tree_``: questions about one pixel each. Leaves of five images or more: smaller ones learn single images."""
    from sklearn.tree import DecisionTreeClassifier

    return DecisionTreeClassifier(min_samples_leaf=5, random_state=seed)


def nearest_neighbours(seed: int) -> Estimator:
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline

    return make_pipeline(_components(seed), KNeighborsClassifier(3, weights="distance", algorithm="brute"))


def support_vectors(seed: int) -> Estimator:
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import SVC

    return make_pipeline(_components(seed), SVC(C=10.0, cache_size=500))


def _components(seed: int) -> Estimator:
    from sklearn.decomposition import PCA

    return PCA(50, svd_solver="covariance_eigh", random_state=seed)


def weights(fitted: Estimator) -> tuple[int, str]:
    return int(fitted.coef_.size + fitted.intercept_.size), "weights"


def nodes(fitted: Estimator) -> tuple[int, str]:
    return int(fitted.tree_.node_count), "nodes"


def neighbours(fitted: Estimator) -> tuple[int, str]:
    return int(fitted[-1].n_samples_fit_ * fitted[-1].n_features_in_), "stored numbers"


def vectors(fitted: Estimator) -> tuple[int, str]:
    return int(fitted[-1].support_vectors_.size), "numbers in support vectors"
