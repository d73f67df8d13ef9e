"""The network as a function of the ink, its gradient, and the patches of an image."""

import numpy as np
import pytest
import torch

from inference.bundle import Bundle
from model.explanations.ink import Ink
from model.explanations.patches import Patches
from model.explanations.perceptron import Perceptron
from tests import recipe


@pytest.fixture
def pixels() -> np.ndarray:
    """Return pixels, float32 (784,)."""
    fractions: np.ndarray = recipe.drawn(8).reshape(784).astype(np.float32) / np.float32(255.0)
    return fractions


@pytest.fixture
def perceptron(small: Bundle) -> Perceptron:
    return Perceptron.of(small.parameters)


def test_on_ink_alone_the_network_says_what_it_says(small: Bundle, perceptron: Perceptron, pixels: np.ndarray) -> None:
    ink = Ink.of(perceptron, pixels)
    assert len(ink.values) == np.count_nonzero(pixels) < 784
    faded = np.linspace(0, 1, 5, dtype=np.float32)[:, None]
    expected = small.network(torch.from_numpy(faded * pixels)).numpy()
    np.testing.assert_allclose(ink.network.logits(faded * ink.values), expected, atol=1e-5, rtol=1e-5)
    np.testing.assert_array_equal(ink.expand(ink.values), pixels)


def test_of_a_black_image_all_pixels_are_looked_at(perceptron: Perceptron) -> None:
    assert Ink.of(perceptron, np.zeros(784, np.float32)).values.shape == (784,)


@pytest.mark.parametrize("target", [0, 9])
def test_gradients_are_those_of_pytorch(small: Bundle, perceptron: Perceptron, pixels: np.ndarray, target: int) -> None:
    rows = np.stack([pixels, 0.3 * pixels, 1.0 - pixels])
    inputs = torch.from_numpy(rows).requires_grad_()
    (expected,) = torch.autograd.grad(small.network(inputs)[:, target].sum(), inputs)
    np.testing.assert_allclose(perceptron.gradients(rows, target), expected.numpy(), atol=1e-6)


def test_patches_are_those_with_ink_and_share_out_by_it(perceptron: Perceptron, pixels: np.ndarray) -> None:
    ink = Ink.of(perceptron, pixels)
    patches = Patches.of(ink)
    assert 0 < len(patches.members) < 49
    assert (patches.members.sum(axis=0) == 1.0).all()  # each inked pixel is in one patch
    np.testing.assert_allclose(patches.weights.sum(axis=1), 1.0, rtol=1e-6)
    values = np.arange(1.0, len(patches.members) + 1)
    assert float(patches.spread(values).sum()) == pytest.approx(values.sum(), rel=1e-5)


def test_a_black_image_has_no_patches(perceptron: Perceptron) -> None:
    assert len(Patches.of(Ink.of(perceptron, np.zeros(784, np.float32))).members) == 0
