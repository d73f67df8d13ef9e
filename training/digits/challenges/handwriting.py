"""Path of the pen for each digit, in several styles."""

from collections.abc import Mapping, Sequence

import numpy as np

from training.digits import curve
from training.digits.curve import Points, way

Knots = Sequence[tuple[float, float]]  # x right from 0 to about 0.6, y down from 0 to 1; a knot given twice is a corner
Style = Sequence[Knots]  # one or more strokes


def _arc(centre: tuple[float, float], radii: tuple[float, float], start: float, stop: float) -> Knots:
    """Return a knot about every 30 degrees. Angles are degrees from the right, clockwise."""
    angles = np.radians(np.linspace(start, stop, round(abs(stop - start) / 30) + 1))
    points = curve.circle(angles) * radii + centre
    return [(float(x), float(y)) for x, y in points]


_BELLY_OF_5 = way("30,37 52,48 56,73 38,97 15,100 0,90")
_LOOP_OF_9 = way("50,20 36,2 15,6 5,26 15,47 36,44 51,22")
_LEG_OF_7 = way("58,2 58,2 22,100")

STYLES: Mapping[int, Sequence[Style]] = {
    0: (
        [_arc((0.3, 0.5), (0.3, 0.5), -80, -445)],
        [_arc((0.3, 0.5), (0.23, 0.5), -60, -430)],
        [_arc((0.3, 0.5), (0.36, 0.5), -110, 255)],
        [[*way("52,2"), *_arc((0.3, 0.52), (0.29, 0.48), -95, -445)]],
    ),
    1: (
        [way("30,0 30,50 30,100")],
        [way("30,0 27,50 30,100")],
        [way("8,25 35,0 35,0 35,100")],
        [way("12,20 33,0 33,0 33,100"), way("8,100 58,100")],
    ),
    2: (
        [way("3,25 12,7 30,0 50,8 56,27 45,52 20,80 2,100 2,100 60,100")],
        [way("5,20 20,2 42,3 54,22 46,50 25,80 10,97 1,90 10,79 28,88 45,99 64,92")],
        [way("4,28 14,6 34,0 52,12 50,34 30,65 5,96 5,96 30,91 62,98")],
    ),
    3: (
        [way("4,12 24,0 48,8 50,28 36,44 20,47 20,47 42,52 58,70 50,92 26,100 2,88")],
        [way("4,0 4,0 54,0 54,0 24,40 24,40 46,46 58,68 48,93 24,100 2,90")],
        [way("5,10 28,0 49,12 43,36 25,48 17,43 28,41 50,54 57,76 42,97 18,99 1,88")],
    ),
    4: (
        [way("14,0 3,58 3,58 62,58"), way("45,22 43,100")],
        [
            way("10,2 5,35 10,54 30,57 52,48"),
            way("56,3 52,48 47,100"),
        ],
        [way("46,100 46,0 46,0 0,68 0,68 64,68")],
        [way("40,0 40,0 2,60 2,60 62,58"), way("44,30 42,100")],
    ),
    5: (
        [[*way("12,2 8,42 8,42"), *_BELLY_OF_5], way("12,2 58,0")],
        [[*way("56,2 13,3 13,3 9,43 9,43"), *_BELLY_OF_5]],
        [[*way("16,4 12,43 12,43"), *_BELLY_OF_5], way("20,3 40,4 62,-1")],
    ),
    6: (
        [way("50,0 25,15 6,45 3,75 20,99 43,97 55,78 45,58 24,57 5,72")],
        [way("40,0 15,40 4,70 12,94 32,100 50,87 50,68 34,57 14,65 5,78")],
        [way("46,2 20,10 3,40 2,72 18,98 43,98 58,76 50,50 28,43 5,58")],
    ),
    7: (
        [[*way("2,2 2,2"), *_LEG_OF_7]],
        [way("2,6 30,5 56,2 56,2 38,40 27,70 23,100")],
        [[*way("3,17 4,2 4,2"), *_LEG_OF_7]],
        [[*way("2,2 2,2"), *_LEG_OF_7], way("14,52 60,48")],
    ),
    8: (
        [way("50,12 30,0 10,10 11,30 30,47 52,68 50,92 28,100 6,91 8,67 30,47 48,30 50,12")],
        [_arc((0.3, 0.23), (0.21, 0.23), -90, -450), _arc((0.3, 0.73), (0.27, 0.27), -90, -450)],
        [way("55,5 34,0 13,12 18,34 40,52 53,74 42,96 17,97 6,78 22,54 42,34 55,5")],
    ),
    9: (
        [[*_LOOP_OF_9, *way("51,22 49,100")]],
        [[*_LOOP_OF_9, *way("53,16 53,16 52,45 44,76 28,100")]],
        [[*_LOOP_OF_9, *way("53,18 53,18 54,55 48,88 28,100 6,92")]],
        [[*_arc((0.28, 0.25), (0.24, 0.25), -10, -370)], way("54,5 50,30 36,100")],
    ),
}

WEIGHTS: Mapping[int, Sequence[float]] = {7: (0.35, 0.35, 0.2, 0.1)}  # in MNIST, a crossed 7 is rare


def knots(style: Style) -> list[Points]:
    return [np.array(stroke, dtype=np.float64) for stroke in style]
