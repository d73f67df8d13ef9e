"""Interpretable models for comparison with the explanations."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from model.pixels import SIDE, Images
from training.data.dataset import Examples
from training.selection.candidates import DECISION_TREE, LOGISTIC_REGRESSION, to_features

REGRESSION, TREE = LOGISTIC_REGRESSION.name, DECISION_TREE.name
EXAMPLES = 10_000  # training images: enough for readable coefficients, and fitted in seconds


@dataclass(frozen=True)
class Question:
    """One node of a decision tree on the path of an image: is the pixel, 0..255, above the threshold?"""

    row: int
    column: int
    threshold: float
    pixel: int

    @property
    def above(self) -> bool:
        return self.pixel > self.threshold

    def __str__(self) -> str:
        side = "over" if self.above else "not over"
        return f"row {self.row}, column {self.column}: {self.pixel} is {side} {self.threshold:.0f}"


@dataclass(frozen=True)
class Interpretable:
    """Logistic regression and decision tree, fitted to the same images.

    accuracies  accuracy of each on the test set, 0..1
    """

    regression: Any
    tree: Any
    accuracies: dict[str, float]

    def coefficients(self) -> npt.NDArray[np.float64]:
        """Return the coefficients for each digit, (10, 28, 28)."""
        coefficients: npt.NDArray[np.float64] = self.regression.coef_.reshape(10, SIDE, SIDE)
        return coefficients

    def shares(self, image: Images, digit: int) -> npt.NDArray[np.float64]:
        """Return the contribution of each pixel of uint8 (28, 28) to the digit's logit: coefficient times pixel."""
        shares: npt.NDArray[np.float64] = self.coefficients()[digit] * image / 255.0
        return shares

    def path(self, image: Images) -> tuple[list[Question], int]:
        """Return the questions of the tree about uint8 (28, 28) in order, and its prediction."""
        features, tree = to_features(image[None]), self.tree.tree_
        nodes = self.tree.decision_path(features).indices[:-1]  # without the last node, the leaf
        places = [divmod(int(feature), SIDE) for feature in tree.feature[nodes]]
        questions = [
            Question(*place, 255.0 * float(threshold), int(image[place]))
            for place, threshold in zip(places, tree.threshold[nodes], strict=True)
        ]
        return questions, int(self.tree.predict(features)[0])


def fit(train: Examples, test: Examples) -> Interpretable:
    """Fit both models on the first EXAMPLES training images."""
    first = train[np.arange(min(EXAMPLES, len(train)))]
    models = {one.name: one.fit(first, 0).estimator for one in (LOGISTIC_REGRESSION, DECISION_TREE)}
    features = to_features(test.images)
    accuracies = {name: float((model.predict(features) == test.labels).mean()) for name, model in models.items()}
    return Interpretable(models[REGRESSION], models[TREE], accuracies)
