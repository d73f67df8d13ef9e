import numpy as np

from training.digits import curve

CORNERED = np.array([(0, 0), (1, 0), (1, 0), (1, 1)], dtype=np.float64)


def test_a_curve_passes_through_its_knots() -> None:
    knots = np.array([(0, 0), (1, 2), (3, 1), (4, 4)], dtype=np.float64)
    points = curve.smooth(knots, 8)
    assert all(np.linalg.norm(points - knot, axis=1).min() < 1e-9 for knot in knots)


def test_a_knot_given_twice_is_a_corner() -> None:
    points = curve.smooth(CORNERED, 8)
    assert np.all((np.abs(points[:, 1]) < 0.08) | (np.abs(points[:, 0] - 1) < 0.08))
    assert np.linalg.norm(points - (1, 0), axis=1).min() < 1e-9
