"""Points of paths: corners, circles, smooth curves, and their rotation."""

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]  # (n, 2), x right and y down


def line(*corners: tuple[float, float]) -> Points:
    return np.array(corners, dtype=np.float64)


def way(points: str) -> list[tuple[float, float]]:
    """Return points from SVG's notation, "x,y x,y ...", in hundredths."""
    return [(int(x) / 100, int(y) / 100) for x, y in (point.split(",") for point in points.split())]


def circle(angles: npt.NDArray[np.float64]) -> Points:
    """Return points on the unit circle around the origin. Angles are radians, clockwise from the right."""
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


def smooth(knots: Points, steps: int) -> Points:
    """Return a curve through all knots in order (Catmull and Rom, 1974): (n, 2) to ((n - 1) * steps, 2).

    A knot that is given twice makes a corner.
    """
    padded = np.concatenate([knots[:1], knots, knots[-1:]])
    before, start, end, after = (padded[i : len(padded) - 3 + i, None] for i in range(4))  # (n - 1, 1, 2)
    t = np.linspace(0, 1, steps)[:, None]
    cubic = 3 * (start - end) + after - before
    square = 2 * before - 5 * start + 4 * end - after
    points: Points = (start + 0.5 * t * (end - before + t * (square + t * cubic))).reshape(-1, 2)
    return points


def rotation(degrees: float) -> npt.NDArray[np.float64]:
    """Return the matrix (2, 2) that rotates points (n, 2) about the origin: ``points @ rotation(degrees)``."""
    angle = np.radians(degrees)
    return np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
