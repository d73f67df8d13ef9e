"""Predictions compared with plain PyTorch."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from inference import bundle
from inference.bundle import Bundle, Metadata
from inference.classifier import Classifier
from model import SPEC
from model.pixels import Images
from tests import recipe
from training.data.dataset import Dataset


def by_pytorch(loaded: Bundle, images: Images, temperature: float) -> torch.Tensor:
    """Return probabilities computed in plain PyTorch."""
    weights = loaded.network.state_dict()
    pixels = torch.tensor(images.reshape(-1, 784)).float() / 255
    hidden = functional.relu(pixels @ weights["layers.0.weight"].T + weights["layers.0.bias"])
    logits = hidden @ weights["layers.2.weight"].T + weights["layers.2.bias"]
    return functional.softmax(logits / temperature, dim=1)


@pytest.fixture(scope="module")
def classifier(small: Bundle) -> Classifier:
    return Classifier(small)


@pytest.mark.parametrize("count", [1, 2, 64, 1000])
def test_probabilities_are_pytorchs(classifier: Classifier, mnist: Dataset, count: int) -> None:
    images = mnist.test.images[:count]
    predictions = classifier.predict(images)
    expected = by_pytorch(classifier.bundle, images, temperature=1.5).numpy()
    np.testing.assert_allclose(predictions.probabilities, expected, atol=1e-6)
    assert np.array_equal(predictions.classes, expected.argmax(axis=1))
    assert np.array_equal(predictions.confidences, predictions.probabilities.max(axis=1))


@pytest.mark.parametrize("count", [8191, 8192, 8193, 20_000])
def test_large_batches_are_cut_without_a_seam(classifier: Classifier, mnist: Dataset, count: int) -> None:
    images = mnist.train.images[:count]
    predictions = classifier.predict(images)
    assert predictions.probabilities.shape == (count, 10)
    expected = by_pytorch(classifier.bundle, images, temperature=1.5).numpy()
    np.testing.assert_allclose(predictions.probabilities, expected, atol=1e-6)


def test_no_images_no_predictions(classifier: Classifier) -> None:
    predictions = classifier.predict(np.empty((0, 28, 28), dtype=np.uint8))
    assert (predictions.classes.shape, predictions.confidences.shape, predictions.accepted.shape) == ((0,), (0,), (0,))
    assert predictions.probabilities.shape == (0, 10)


def test_types_and_ranges(classifier: Classifier) -> None:
    predictions = classifier.predict(recipe.drawn(*range(10)))
    assert predictions.classes.dtype == np.int64
    assert predictions.confidences.dtype == predictions.probabilities.dtype == np.float32
    assert predictions.accepted.dtype == np.bool_
    np.testing.assert_allclose(predictions.probabilities.sum(axis=1), 1.0, atol=1e-6)


def with_(tmp_path: Path, temperature: float = 1.0, threshold: float = 0.0) -> Classifier:
    metadata = Metadata("recipe", recipe.ARCHITECTURE, seed=0, temperature=temperature, threshold=threshold)
    return Classifier(bundle.save(recipe.network().arrays(), metadata, SPEC, tmp_path / "bundle"))


@pytest.mark.parametrize("temperature", [0.5, 1.0, 4.0])
def test_temperature_divides_the_logits(tmp_path: Path, temperature: float) -> None:
    images = recipe.drawn(*range(10))
    classifier = with_(tmp_path, temperature=temperature)
    expected = by_pytorch(classifier.bundle, images, temperature).numpy()
    np.testing.assert_allclose(classifier.predict(images).probabilities, expected, atol=1e-6)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_logits_that_exp_cannot_take_are_certainties(tmp_path: Path, sign: float) -> None:
    network = recipe.network()
    for weights in network.layers[-1].parameters():
        weights.data *= sign * 1e4
    metadata = Metadata("recipe", recipe.ARCHITECTURE, seed=0, temperature=1.0, threshold=0.0)
    saved = bundle.save(network.arrays(), metadata, SPEC, tmp_path / "bundle")
    predictions = Classifier(saved).predict(recipe.drawn(*range(10)))
    np.testing.assert_allclose(predictions.probabilities.max(axis=1), 1.0)
    np.testing.assert_allclose(predictions.probabilities.sum(axis=1), 1.0)


def test_a_higher_temperature_is_less_sure_of_the_same_digits(tmp_path: Path) -> None:
    images = recipe.drawn(*range(10))
    cool, warm = (with_(tmp_path, temperature=value).predict(images) for value in (1.0, 3.0))
    assert np.array_equal(cool.classes, warm.classes)
    assert (warm.confidences < cool.confidences).all()


def test_the_threshold_decides_what_is_accepted(tmp_path: Path) -> None:
    images = recipe.drawn(*range(10))
    confidences = with_(tmp_path).predict(images).confidences
    threshold = float(np.sort(confidences)[4])
    predictions = with_(tmp_path, threshold=threshold).predict(images)
    assert np.array_equal(predictions.accepted, confidences >= threshold)
    assert predictions.accepted.sum() == 6  # the threshold itself is accepted


def test_a_black_image_is_never_accepted(tmp_path: Path) -> None:
    images = np.zeros((3, 28, 28), dtype=np.uint8)
    images[1, 14, 14] = 1
    assert with_(tmp_path, threshold=0.0).predict(images).accepted.tolist() == [False, True, False]


def test_one_image_gets_the_same_answer_alone_and_in_company(classifier: Classifier, mnist: Dataset) -> None:
    together = classifier.predict(mnist.test.images[:50]).probabilities
    alone = [classifier.predict(mnist.test.images[index : index + 1]).probabilities[0] for index in range(50)]
    np.testing.assert_allclose(together, alone, atol=1e-6)


def test_the_trained_model_is_as_accurate_as_it_claims(trained: Classifier, mnist: Dataset) -> None:
    accuracy = float((trained.predict(mnist.test.images).classes == mnist.test.labels).mean())
    assert accuracy == trained.bundle.metadata.metrics["test_accuracy"]
    assert accuracy > 0.98
