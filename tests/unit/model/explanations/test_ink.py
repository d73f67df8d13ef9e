"""The network on ink alone, and the patches of an image."""

import numpy as np
import pytest
import torch

from inference.bundle import Bundle
from model.explanations import ink, patches
from model.network import MLP
from tests import recipe


@pytest.fixture
def inputs() -> torch.Tensor:
    return torch.from_numpy(recipe.drawn(8).reshape(1, 784).astype(np.float32) / 255.0)


def perceptron(bundle: Bundle) -> MLP:
    assert isinstance(bundle.network, MLP)
    return bundle.network


def test_on_ink_alone_the_network_says_what_it_says(small: Bundle, inputs: torch.Tensor) -> None:
    found = ink.of(perceptron(small), inputs)
    assert found.values.shape[1] == int((inputs > 0).sum()) < 784
    faded = torch.linspace(0, 1, 5)[:, None]
    expected = small.network(faded * inputs)
    torch.testing.assert_close(found.forward(faded * found.values), expected, atol=1e-5, rtol=1e-5)
    whole = found.whole(found.values)
    assert torch.equal(whole, inputs)


def test_of_a_black_image_all_pixels_are_looked_at(small: Bundle) -> None:
    found = ink.of(perceptron(small), torch.zeros(1, 784))
    assert found.values.shape == (1, 784)


def test_patches_are_those_with_ink_and_share_out_by_it(inputs: torch.Tensor) -> None:
    found = patches.inked(inputs)
    assert 0 < len(found.members) < 49
    assert set(found.members.sum(dim=1).tolist()) == {16.0}
    assert ((found.members @ inputs[0]) > 0).all()
    torch.testing.assert_close(found.weights.sum(dim=1), torch.ones(len(found.weights)))
    spread = found.spread(torch.arange(1.0, len(found.members) + 1))
    assert float(spread.sum()) == pytest.approx(len(found.members) * (len(found.members) + 1) / 2, rel=1e-5)
    assert not spread[inputs == 0].any()
