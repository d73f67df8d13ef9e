"""Windows over images of any size."""

import numpy as np
import pytest

from inference.explanations import windows


@pytest.mark.parametrize(("height", "width"), [(1, 1), (2, 9), (7, 7), (13, 300), (32, 32), (224, 224), (600, 11)])
def test_the_windows_cover_every_pixel_and_are_few(height: int, width: int) -> None:
    places = windows.places(height, width)
    assert len(places) <= windows.MOST
    covered = np.zeros((height, width))
    for window in places:
        covered[window] += 1
    assert covered.min() >= 1
    sizes = {np.ones((height, width))[window].shape for window in places}
    assert len(sizes) == 1


def test_a_pixel_has_the_mean_of_its_windows() -> None:
    places = windows.places(8, 8)
    drops = np.arange(len(places), dtype=np.float64)
    means = windows.mean_drop((8, 8), places, drops)
    inside = [drop for window, drop in zip(places, drops, strict=True) if _covers(window, 3, 5)]
    assert means[3, 5] == pytest.approx(np.mean(inside))


def _covers(window: windows.Window, row: int, column: int) -> bool:
    rows, columns = window
    return row in range(rows.start, rows.stop) and column in range(columns.start, columns.stop)
