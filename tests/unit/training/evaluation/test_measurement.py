import numpy as np
import pytest
import torch

from inference.bundle import Bundle, Metadata
from model import SPEC
from model.network import MLP
from serving.archives import formats
from training.data.dataset import Examples
from training.evaluation import measurement
from training.evaluation.measurement import AccuracyFigures


@pytest.fixture
def bundle() -> Bundle:
    """Return a bundle that predicts the brightest of the first ten pixels: sure if white, unsure if grey."""
    network = MLP((784, 10)).requires_grad_(False)
    network.load_state_dict({"layers.0.weight": 8.0 * torch.eye(10, 784), "layers.0.bias": torch.zeros(10)})
    return Bundle(
        network.arrays(), Metadata("by hand", {"sizes": [784, 10]}, 0, temperature=2.0, threshold=0.8), "", SPEC
    )


def example(digit: int, brightness: int) -> np.ndarray:
    image = np.zeros((28, 28), dtype=np.uint8)
    image[0, digit] = brightness
    return image


@pytest.fixture
def figures(bundle: Bundle) -> AccuracyFigures:
    images = [example(3, 255), example(3, 255), example(5, 255), example(5, 40)]
    return measurement.measure(bundle, Examples(np.stack(images), np.array([3, 3, 5, 3], dtype=np.uint8)))


def test_the_figures_by_hand(figures: AccuracyFigures) -> None:
    sure, unsure = (np.exp(4.0 * x) / (np.exp(4.0 * x) + 9) for x in (1.0, 40 / 255))
    likelihoods = [sure, sure, sure, (1 - unsure) / 9]
    assert (figures.examples, figures.accuracy) == (4, 0.75)
    assert figures.nll == pytest.approx(-np.log(likelihoods).mean(), rel=1e-5)
    assert (figures.accepted, figures.accepted_accuracy) == (0.75, 1.0)
    assert figures.calibration_error == pytest.approx((3 * (1 - sure) + unsure) / 4, rel=1e-5)


def test_the_uncalibrated_error_is_at_temperature_one(figures: AccuracyFigures) -> None:
    sure, unsure = (np.exp(8.0 * x) / (np.exp(8.0 * x) + 9) for x in (1.0, 40 / 255))
    assert figures.uncalibrated_error == pytest.approx((3 * (1 - sure) + unsure) / 4, rel=1e-4)


def test_the_confusion_has_labels_down_and_predictions_across(figures: AccuracyFigures) -> None:
    confusion = np.array(figures.confusion)
    assert confusion.sum() == 4
    assert (confusion[3, 3], confusion[3, 5], confusion[5, 5]) == (2, 1, 1)


def test_the_table_per_class(figures: AccuracyFigures) -> None:
    digits = measurement.per_class(figures)
    three, five, none = digits[3], digits[5], digits[0]
    assert (three.examples, three.precision) == (3, 1.0)
    assert three.recall == pytest.approx(2 / 3)
    assert (five.precision, five.recall) == (0.5, 1.0)
    assert five.f1 == pytest.approx(2 / 3)
    assert (none.examples, none.precision, none.recall, none.f1) == (0, 0.0, 0.0, 0.0)


def test_what_is_measured_is_what_an_archive_runs() -> None:
    assert measurement.RUNTIME == formats.DEFAULT


def test_the_errors_are_counted(figures: AccuracyFigures) -> None:
    assert figures.errors == 1
