"""The network on ink alone, the patches of an image, and the samples that are drawn of them."""

import numpy as np
import pytest
import torch

from inference.bundle import Bundle
from inference.explanations import coalitions
from inference.explanations.linear import Linear
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


def test_coalitions_have_the_ends_then_opposites_and_the_kernels_sizes() -> None:
    torch.manual_seed(0)
    drawn = coalitions.fair(2048, 6)
    assert drawn.choices.shape == (2048, 6)
    assert drawn.choices[:2].tolist() == [[1.0] * 6, [0.0] * 6]
    assert drawn.weights[:2].min() > 1000 * drawn.weights[2:].max()
    pairs = drawn.choices[2:].reshape(-1, 2, 6)
    assert (pairs.sum(dim=1) == 1).all()
    sizes = torch.bincount(drawn.choices[2:].sum(dim=1).long(), minlength=7)[1:6] / 2046
    kernel = torch.tensor([5 / (size * (6 - size)) for size in range(1, 6)])
    torch.testing.assert_close(sizes, kernel / kernel.sum(), atol=0.03, rtol=0)


def test_near_samples_weigh_more_the_more_is_left() -> None:
    torch.manual_seed(0)
    drawn = coalitions.near(512, 10)
    assert drawn.choices[0].tolist() == [1.0] * 10
    assert float(drawn.weights[0]) == 1.0
    order = drawn.choices.sum(dim=1).argsort()
    assert (drawn.weights[order].diff() >= -1e-6).all()
    assert float(drawn.choices[1:].mean()) == pytest.approx(0.5, abs=0.03)


def test_the_linear_model_is_least_squares_with_weights() -> None:
    random = np.random.default_rng(0)
    x, y, weights = random.normal(size=(50, 4)), random.normal(size=50), random.uniform(0.1, 2.0, 50)
    tensors = [torch.from_numpy(array) for array in (x, y, weights)]
    model = Linear()
    model.fit(torch.utils.data.DataLoader(torch.utils.data.TensorDataset(*tensors)))
    design = np.column_stack([x, np.ones(50)]) * np.sqrt(weights)[:, None]
    expected = np.linalg.lstsq(design, y * np.sqrt(weights), rcond=None)[0]
    np.testing.assert_allclose(model.representation().numpy(), expected[:4], atol=1e-10)
    np.testing.assert_allclose(model(tensors[0]).numpy(), x @ expected[:4] + expected[4], atol=1e-10)
