import math

import pytest
import torch
from torch.nn import functional as nnf

from training.fit import losses

LOGITS = torch.tensor([[math.log(3.0), 0.0, *[-1e9] * 8], [0.0, 0.0, *[-1e9] * 8]])  # softmax: 3/4 1/4, 1/2 1/2


def test_targets_share_the_smoothing_among_all_classes() -> None:
    targets = losses.targets(torch.tensor([3]), 10, smoothing=0.2)
    assert targets[0, 3] == pytest.approx(0.82)
    assert targets[0, 0] == pytest.approx(0.02)
    assert targets.sum() == pytest.approx(1.0)


def test_cross_entropy_by_hand() -> None:
    targets = losses.targets(torch.tensor([0, 1]), 10)
    expected = (-math.log(3 / 4) - math.log(1 / 2)) / 2
    assert losses.LOSSES["cross_entropy"](LOGITS, targets).item() == pytest.approx(expected)


def test_mean_squared_error_by_hand() -> None:
    targets = losses.targets(torch.tensor([0, 1]), 10)
    first, second = 2 * (1 / 4) ** 2, 2 * (1 / 2) ** 2  # two classes of each differ, the other eight do not
    assert losses.mean_squared_error(LOGITS, targets).item() == pytest.approx((first + second) / 20)


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5])
def test_smoothed_cross_entropy_is_that_of_torch(smoothing: float) -> None:
    logits, labels = torch.randn(7, 10), torch.arange(7)
    expected = nnf.cross_entropy(logits, labels, label_smoothing=smoothing)
    assert torch.allclose(losses.LOSSES["cross_entropy"](logits, losses.targets(labels, 10, smoothing)), expected)


def test_smoothed_mean_squared_error_is_least_at_its_targets() -> None:
    targets = losses.targets(torch.tensor([4]), 10, smoothing=0.1)
    assert losses.mean_squared_error(targets.log(), targets).item() == pytest.approx(0.0)


def test_the_penalties_and_their_gradients_by_hand() -> None:
    matrix = torch.tensor([[1.0, -2.0], [0.5, 0.0]], requires_grad=True)
    penalty = losses.penalty([matrix], l1=0.1, l2=0.01)
    assert isinstance(penalty, torch.Tensor)
    assert penalty.item() == pytest.approx(0.1 * 3.5 + 0.005 * 5.25)
    penalty.backward()  # type: ignore[no-untyped-call]
    assert matrix.grad is not None
    assert torch.allclose(matrix.grad, torch.tensor([[0.11, -0.12], [0.105, 0.0]]))


def test_no_penalty_costs_nothing() -> None:
    assert losses.penalty([torch.ones(2, 2)], l1=0.0, l2=0.0) == 0.0
