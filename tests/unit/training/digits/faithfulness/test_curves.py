"""Deletion and insertion, compared with their definitions."""

import numpy as np
import pytest

from inference.bundle import Bundle
from inference.classifier import Classifier
from tests import recipe
from training.digits.faithfulness.curves import BASELINES, STEPS, area, curves, edges
from training.digits.faithfulness.faithfulness_figures import faithfulness
from training.digits.faithfulness.subjects import Subjects, second, ten


@pytest.mark.parametrize("name", BASELINES)
def test_curves_begin_and_end_with_the_image_and_with_black_paper(
    classifier: Classifier, drawn: Subjects, name: str
) -> None:
    image_curves = curves(classifier, drawn, BASELINES[name](drawn))
    assert image_curves.deletion.shape == image_curves.insertion.shape == (10, STEPS + 1)
    rows = np.arange(10)
    whole = classifier.predict(drawn.images).probabilities[rows, drawn.targets]
    black = classifier.predict(np.zeros_like(drawn.images)).probabilities[rows, drawn.targets]
    for curve, first, last in ((image_curves.deletion, whole, black), (image_curves.insertion, black, whole)):
        np.testing.assert_allclose(curve[:, 0], first, atol=1e-6)
        np.testing.assert_allclose(curve[:, -1], last, atol=1e-6)


def test_the_largest_shares_go_first_and_only_ink_is_counted(classifier: Classifier, drawn: Subjects) -> None:
    """In the order of rows half of the ink is gone after half of the steps. Shares of black pixels do not matter."""
    shares = np.broadcast_to(-np.arange(28, dtype=np.float32)[None, :, None], drawn.images.shape).copy()
    shares[~drawn.inked] = 1e6
    image_curves = curves(classifier, drawn, shares)
    for index, image in enumerate(drawn.images):
        ink = np.flatnonzero(image)
        left = image.copy().reshape(-1)
        left[ink[: -(-len(ink) // 2)]] = 0
        expected = classifier.predict(left.reshape(1, 28, 28)).probabilities[0, drawn.targets[index]]
        assert image_curves.deletion[index, STEPS // 2] == pytest.approx(expected, abs=1e-6)


def test_areas() -> None:
    flat, falling = np.full((1, STEPS + 1), 0.25), np.linspace(1.0, 0.0, STEPS + 1)[None]
    assert area(flat) == pytest.approx([0.25])
    assert area(falling) == pytest.approx([0.5])


def test_edges_are_where_ink_begins(drawn: Subjects) -> None:
    image = np.zeros((1, 28, 28), dtype=np.uint8)
    image[0, 10:18, 10:18] = 255
    steep = edges(Subjects(image, np.zeros(1, dtype=np.int64)))[0]
    assert steep[14, 14] == steep[2, 2] == 0.0
    assert steep[10, 14] == steep[14, 10] == steep[17, 14] == 4 * 255.0


def test_random_does_not_beat_itself(classifier: Classifier, drawn: Subjects) -> None:
    scores = faithfulness(classifier, drawn, {})
    assert list(scores) == ["edges", "random"]
    assert scores["random"].gain == scores["random"].better == 0.0
    assert not scores["random"].beats_random


def test_the_runner_up_is_never_the_digit_that_is_read(classifier: Classifier, drawn: Subjects) -> None:
    assert (second(classifier, drawn.images).targets != drawn.targets).all()


def test_ten_digits_or_a_word_that_there_are_too_few(small: Bundle, drawn: Subjects) -> None:
    all_right = Subjects(recipe.drawn(*range(10)), np.arange(10))
    assert ten(all_right, np.arange(10, dtype=np.uint8)).tolist() == list(range(10))
    with pytest.raises(ValueError, match="use more"):
        ten(all_right, np.zeros(10, dtype=np.uint8))
