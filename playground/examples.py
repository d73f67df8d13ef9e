"""Drawn example of each digit, for users who have a keyboard but no pen."""

import json
from pathlib import Path

FILE = Path(__file__).with_name("examples.json")

Stroke = list[list[float]]  # points [x right, y down] in a square of side 1
_HEIGHT = 0.64  # height in the square, as large as users draw
_STEPS = 6  # points between two knots, enough for a smooth line


def load() -> list[list[Stroke]]:
    """Return the strokes of each digit, 0 to 9."""
    strokes: list[list[Stroke]] = json.loads(FILE.read_text())
    return strokes


def made() -> list[list[Stroke]]:
    """Return the strokes from the handwriting in training/. Needs its packages, which the playground does not have."""
    import numpy as np  # noqa: PLC0415

    from training.digits import curve  # noqa: PLC0415
    from training.digits.challenges import handwriting  # noqa: PLC0415

    digits = []
    for digit in range(10):
        strokes = []
        for knots in handwriting.knots(handwriting.STYLES[digit][0]):
            moving = np.diff(knots, axis=0).any(axis=1)  # a corner is a knot given twice, with no line between
            strokes.append(curve.smooth(knots, _STEPS).reshape(-1, _STEPS, 2)[moving].reshape(-1, 2))
        points = np.concatenate(strokes)
        middle = (points.min(axis=0) + points.max(axis=0)) / 2
        digits.append([np.round((stroke - middle) * _HEIGHT + 0.5, 3).tolist() for stroke in strokes])
    return digits


if __name__ == "__main__":
    FILE.write_text(json.dumps(made(), separators=(",", ":")) + "\n")
