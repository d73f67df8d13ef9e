"""Examples that the keyboard draws."""

import numpy as np

from playground import examples


def test_they_are_training_s_handwriting() -> None:
    """Regenerate after a change: python -m playground.examples."""
    assert examples.load() == examples.made()


def test_they_fit_the_paper() -> None:
    assert len(examples.load()) == 10
    for strokes in examples.load():
        points = np.concatenate(strokes)
        assert points.min() > 0.1
        assert points.max() < 0.9
