import pytest
import torch

from model.network import MLP
from training.fit.average import Average


def filled(network: MLP, value: float) -> None:
    with torch.no_grad():
        for tensor in (*network.parameters(), *(buffer for buffer in network.buffers() if buffer.is_floating_point())):
            tensor.fill_(value)


def test_it_is_the_exponential_average_in_closed_form() -> None:
    network = MLP((4, 3, 2), batch_norm=True)
    filled(network, 1.0)
    average = Average(network, decay=0.5)
    for value in (2.0, 3.0, 4.0):
        filled(network, value)
        average.update(step=1_000_000)
    expected = 1.0 * 0.5**3 + 2.0 * 0.5**3 + 3.0 * 0.5**2 + 4.0 * 0.5
    weight, mean = average.network.get_parameter("layers.0.weight"), average.network.get_buffer("layers.1.running_mean")
    for tensor in (weight, mean):
        assert tensor.flatten().tolist() == pytest.approx([expected] * tensor.numel())


def test_the_first_weights_are_forgotten_at_once() -> None:
    network = MLP((4, 2))
    filled(network, 0.0)
    average = Average(network, decay=0.9995)
    filled(network, 1.0)
    average.update(step=0)
    assert next(average.network.parameters())[0, 0].item() == pytest.approx(0.9)  # 1 - (1 + 0) / (10 + 0)


def test_what_is_trained_stays_as_it_is() -> None:
    network = MLP((4, 2))
    filled(network, 1.0)
    Average(network, decay=0.5).update(step=10)
    assert next(network.parameters()).eq(1.0).all()
