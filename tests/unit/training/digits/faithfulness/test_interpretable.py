"""Models that explain themselves: their shares are exact, and their paths are those of the prediction."""

import numpy as np
import pytest

from training.data.dataset import Dataset
from training.digits.faithfulness import interpretable
from training.digits.faithfulness.interpretable import REGRESSION, TREE, Interpretable
from training.selection.candidates import to_features


@pytest.fixture(scope="module")
def models(mnist: Dataset) -> Interpretable:
    return interpretable.fit(mnist.train[np.arange(2000)], mnist.test[np.arange(500)])


def test_both_read_most_digits(models: Interpretable) -> None:
    assert models.accuracies.keys() == {REGRESSION, TREE}
    assert models.accuracies[REGRESSION] > models.accuracies[TREE] > 0.5


def test_the_regressions_shares_add_up_to_its_logit(models: Interpretable, mnist: Dataset) -> None:
    image = mnist.test.images[0]
    logits = models.regression.decision_function(to_features(image[None]))[0]
    for digit in range(10):
        shares = models.shares(image, digit)
        assert shares.shape == (28, 28)
        assert shares.sum() + models.regression.intercept_[digit] == pytest.approx(logits[digit], abs=1e-4)


def test_the_trees_questions_are_those_that_lead_to_its_answer(models: Interpretable, mnist: Dataset) -> None:
    for image in mnist.test.images[:20]:
        questions, predictions = models.path(image)
        tree, node = models.tree.tree_, 0
        for question in questions:
            assert divmod(int(tree.feature[node]), 28) == (question.row, question.column)
            assert question.pixel == image[question.row, question.column]
            node = int(tree.children_right[node] if question.above else tree.children_left[node])
        assert tree.children_left[node] == -1  # a leaf
        assert predictions == int(tree.value[node].argmax())
        assert str(questions[0]).startswith(f"row {questions[0].row}, column {questions[0].column}: ")
