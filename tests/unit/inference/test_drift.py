"""Statistics of training images, and detection of drift."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from inference import drift
from inference.drift import BINS, Reference
from model import SPEC
from model.pixels import Images
from model.statistics import STATISTICS, measure
from tests import recipe
from training.data.dataset import Dataset


@pytest.fixture(scope="module")
def measured(mnist: Dataset) -> Reference:
    accepted = np.arange(100) > 2
    return Reference.of(mnist.train.images, mnist.train.labels, accepted, SPEC)


def psi(expected: list[float], histogram: npt.NDArray[np.int64]) -> float:
    shares = np.maximum(histogram / histogram.sum(), 1e-4)
    return float(((shares - expected) * np.log(shares / expected)).sum())


def worst(measured: Reference, images: Images) -> float:
    histograms = measured.histograms(images)
    return max(psi(measured.shares[name], row) for name, row in zip(STATISTICS, histograms, strict=True))


def slow_statistics(image: Images) -> list[float]:
    """Return the statistics by their definition, in float64 and pixel by pixel."""
    weights = image / image.sum()
    rows, columns = np.mgrid[:28, :28] - 13.5
    row, column = (weights * rows).sum(), (weights * columns).sum()
    spread = (weights * ((rows - row) ** 2 + (columns - column) ** 2)).sum()
    return [float(image.mean() / 255), row, column, spread]


def test_the_statistics_are_what_their_names_say(mnist: Dataset) -> None:
    images = np.concatenate([mnist.test.images[:20], recipe.drawn(*range(10))])
    expected = [slow_statistics(image) for image in images]
    np.testing.assert_allclose(measure(images), expected, rtol=1e-4, atol=1e-4)


def test_a_black_image_has_nothing_of_each() -> None:
    assert measure(np.zeros((1, 28, 28), dtype=np.uint8)).tolist() == [[0.0] * 4]


def test_each_bin_holds_a_tenth_of_training(measured: Reference) -> None:
    for name in STATISTICS:
        np.testing.assert_allclose(measured.shares[name], [0.1] * BINS, atol=0.002)
    assert sum(measured.shares["digit"]) == pytest.approx(1.0)
    assert measured.shares["abstained"] == [pytest.approx(0.03)]


def test_every_image_is_counted_once_in_each_statistic(measured: Reference, mnist: Dataset) -> None:
    extremes = np.stack([np.zeros((28, 28)), np.full((28, 28), 255)]).astype(np.uint8)
    images = np.concatenate([mnist.test.images[:500], extremes])
    histograms = measured.histograms(images)
    assert histograms.sum(axis=1).tolist() == [502] * len(STATISTICS)
    values = measure(images)
    for column, (edges, row) in enumerate(zip(measured.edges, histograms, strict=True)):
        bins = [int((edges <= value).sum()) for value in values[:, column]]
        assert row.tolist() == np.bincount(bins, minlength=BINS).tolist()


def test_test_images_are_like_training_and_others_are_not(measured: Reference, mnist: Dataset) -> None:
    test = mnist.test.images[:2000]
    assert worst(measured, test) < 0.1
    noise = np.random.default_rng(1).integers(0, 256, test.shape, dtype=np.uint8)
    shifted = np.roll(test, 3, axis=2)
    thin = (test // 2).astype(np.uint8)
    for drifted in (noise, shifted, thin):
        assert worst(measured, drifted) > 0.25


def test_it_is_on_disk_what_it_was(measured: Reference, tmp_path: Path) -> None:
    path = tmp_path / drift.FILE
    assert drift.load(path, SPEC) is None
    path.write_bytes(measured.content())
    loaded = drift.load(path, SPEC)
    assert loaded is not None
    np.testing.assert_array_equal(loaded.edges, measured.edges)
    assert loaded.shares == measured.shares
