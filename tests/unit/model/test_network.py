"""The MLP compared with plain PyTorch."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from model.network import MLP, to_input
from model.pixels import Images
from tests import recipe


def ready(sizes: tuple[int, ...], **options: Any) -> MLP:
    """Return a network for inference whose batch norms have seen data."""
    torch.manual_seed(0)
    network = MLP(sizes, **options)
    with torch.no_grad():
        for layer in network.layers:
            if isinstance(layer, nn.BatchNorm1d):
                layer.weight.uniform_(-2.0, 2.0)
                layer.bias.uniform_(-1.0, 1.0)
        for _ in range(5):
            network(torch.randn(64, sizes[0]) * 3 + 1)
        for layer in network.layers:
            if isinstance(layer, nn.BatchNorm1d) and layer.running_var is not None:
                layer.running_var[0] = 1e-3  # an almost constant activation, so that eps matters
    return network.eval()


@pytest.mark.parametrize("sizes", [(784, 10), (784, 128, 10), (784, 512, 256, 10), (3, 5, 7, 2)])
def test_it_is_linear_layers_with_relu_between_them(sizes: tuple[int, ...]) -> None:
    network = ready(sizes)
    pixels = torch.rand(32, sizes[0])
    linears = [layer for layer in network.layers if isinstance(layer, nn.Linear)]
    hidden = pixels
    for linear in linears[:-1]:
        hidden = functional.relu(functional.linear(hidden, linear.weight, linear.bias))
    expected = functional.linear(hidden, linears[-1].weight, linears[-1].bias)
    assert network(pixels).shape == (32, sizes[-1])
    torch.testing.assert_close(network(pixels), expected)


@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize("dropout", [0.0, 0.3])
@pytest.mark.parametrize("sizes", [(784, 10), (784, 64, 10), (784, 64, 32, 10)])
def test_folding_changes_the_form_and_not_the_function(
    sizes: tuple[int, ...], batch_norm: bool, dropout: float
) -> None:
    network = ready(sizes, batch_norm=batch_norm, dropout=dropout)
    folded = network.folded()
    pixels = torch.rand(256, sizes[0])
    torch.testing.assert_close(folded(pixels), network(pixels), rtol=1e-5, atol=1e-4)
    assert folded.state_dict().keys() == MLP(sizes).state_dict().keys()
    assert not folded.training


def test_folding_leaves_the_original_alone() -> None:
    network = ready((784, 32, 10), batch_norm=True)
    original = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    network.folded()
    assert all(torch.equal(original[name], tensor) for name, tensor in network.state_dict().items())


def test_dropout_is_there_in_training_only() -> None:
    network = ready((784, 256, 10), dropout=0.5)
    pixels = torch.rand(8, 784)
    assert torch.equal(network(pixels), network(pixels))
    network.train()
    assert not torch.equal(network(pixels), network(pixels))


@pytest.mark.parametrize("sizes", [(), (784,), (784, 0, 10), (-1, 10)])
def test_sizes_that_make_no_network_are_named(sizes: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="sizes must be two or more positive widths") as refused:
        MLP(sizes)
    assert str(sizes) in str(refused.value)


@pytest.mark.parametrize("dropout", [-0.1, 1.0, float("nan")])
def test_dropout_that_is_no_probability_is_named(dropout: float) -> None:
    with pytest.raises(ValueError, match=f"not {dropout}"):
        MLP((784, 10), dropout=dropout)


@pytest.mark.parametrize("count", [0, 1, 5])
def test_the_networks_input(count: int) -> None:
    images = recipe.drawn(*range(count))
    inputs = to_input(images)
    assert (inputs.shape, inputs.dtype) == ((count, 784), torch.float32)
    assert torch.equal(inputs, torch.tensor(images.reshape(-1, 784)) / 255)


def test_the_networks_input_spans_0_to_1() -> None:
    ramp: Images = np.resize(np.arange(256, dtype=np.uint8), (1, 28, 28))
    inputs = to_input(ramp)
    assert (inputs.min().item(), inputs.max().item()) == (0.0, 1.0)


def test_the_networks_input_may_come_from_read_only_memory() -> None:
    images = np.frombuffer(recipe.drawn(4).tobytes(), dtype=np.uint8).reshape(1, 28, 28)
    assert not images.flags.writeable
    assert torch.equal(to_input(images), to_input(images.copy()))
