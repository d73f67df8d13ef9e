import subprocess
import sys
from typing import Any

import pytest
import torch
from torch import nn

from training.eager import eager
from training.fit import optimizers, presets
from training.fit.optimizers import Stepper

_IMPORTS = """
import sys, torch
from training.evaluation import calibration
from training.eager import eager
from training.fit import job
weight = torch.nn.Parameter(torch.ones(2))
optimizer = eager(torch.optim.AdamW)([weight], fused=True)
optimizer.zero_grad()
weight.sum().backward()
optimizer.step()
optimizer.load_state_dict(optimizer.state_dict())
calibration.temperature(torch.eye(2), torch.tensor([0, 1]))
print({"torch._dynamo", "optuna", "sqlalchemy"} & sys.modules.keys())
"""


def trained(kind: type[torch.optim.Optimizer], **options: Any) -> tuple[list[bytes], dict[str, Any]]:
    """Return the weights after some steps, and the state of the optimizer."""
    torch.manual_seed(0)
    network = nn.Linear(4, 3)
    optimizer = kind(network.parameters(), **options)

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        value: torch.Tensor = network(torch.linspace(-1, 1, 8).view(2, 4)).square().mean()
        value.backward()  # type: ignore[no-untyped-call]
        return value

    for _ in range(3):
        optimizer.step(loss)  # type: ignore[arg-type]
    return [weight.detach().numpy().tobytes() for weight in network.parameters()], optimizer.state_dict()


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        (torch.optim.AdamW, {"fused": True, "weight_decay": 0.1}),
        (torch.optim.LBFGS, {"line_search_fn": "strong_wolfe"}),
    ],
)
def test_it_takes_the_steps_of_torch(kind: type[torch.optim.Optimizer], options: dict[str, Any]) -> None:
    weights, state = trained(kind, **options)
    same, again = trained(eager(kind), **options)
    assert same == weights
    assert again["param_groups"] == state["param_groups"]
    assert repr(again["state"]) == repr(state["state"])


def test_training_imports_neither_the_compiler_nor_what_tunes_it() -> None:
    completed = subprocess.run(
        (sys.executable, "-c", _IMPORTS), capture_output=True, text=True, check=True, timeout=240
    )
    assert completed.stdout == "set()\n"


RATE = 0.1
WEIGHT = torch.tensor([[1.0, -2.0], [4.0, 0.5]])
GRADIENT = torch.tensor([[0.5, -0.25], [2.0, 1.0]])


def stepper(**fields: Any) -> tuple[Stepper, torch.Tensor]:
    """Return an optimizer over one matrix that has a gradient, and the matrix."""
    network = nn.Linear(2, 2, bias=False)
    network.weight.data.copy_(WEIGHT)
    network.weight.grad = GRADIENT.clone()
    preset = presets.parse({"hidden": [], "epochs": 1, "batch": 8, "learning_rate": RATE} | fields)
    return optimizers.of(network, preset), network.weight


@pytest.mark.parametrize("optimizer", ["sgd", "bgd"])
def test_gradient_descent_by_hand(optimizer: str) -> None:
    instance, weight = stepper(optimizer=optimizer)
    instance.step(RATE)
    assert torch.allclose(weight, WEIGHT - RATE * GRADIENT)


def test_momentum_by_hand() -> None:
    instance, weight = stepper(optimizer="sgd", momentum=0.9)
    instance.step(RATE)
    instance.step(RATE)
    assert torch.allclose(weight, WEIGHT - RATE * GRADIENT - RATE * (0.9 * GRADIENT + GRADIENT))


@pytest.mark.parametrize("optimizer", ["adam", "adamw"])
def test_the_first_steps_of_adam_by_the_formula(optimizer: str) -> None:
    instance, weight = stepper(optimizer=optimizer)
    expected, first, second = WEIGHT.double(), torch.zeros(2, 2).double(), torch.zeros(2, 2).double()
    for step in (1, 2):
        instance.step(RATE)
        first = 0.9 * first + 0.1 * GRADIENT
        second = 0.999 * second + 0.001 * GRADIENT**2
        expected = expected - RATE * (first / (1 - 0.9**step)) / ((second / (1 - 0.999**step)).sqrt() + 1e-8)
    assert torch.allclose(weight.double(), expected, atol=1e-6)


@pytest.mark.parametrize("optimizer", ["sgd", "bgd", "adam", "adamw"])
def test_decay_is_apart_from_the_gradient_with_every_optimizer(optimizer: str) -> None:
    plain, undecayed = stepper(optimizer=optimizer)
    decayed, weight = stepper(optimizer=optimizer, weight_decay=0.5)
    plain.step(RATE)
    decayed.step(RATE)
    assert torch.allclose(weight, undecayed - RATE * 0.5 * WEIGHT, atol=1e-6)


def with_l2(optimizer: str, l2: float) -> torch.Tensor:
    """Return the matrix after one step whose gradient includes that of the penalty, l2 * w."""
    instance, weight = stepper(optimizer=optimizer)
    assert weight.grad is not None
    weight.grad += l2 * WEIGHT
    instance.step(RATE)
    return weight


def test_l2_is_decay_under_gradient_descent_and_is_not_under_adam() -> None:
    for optimizer, same in (("sgd", True), ("adam", False)):
        instance, decayed = stepper(optimizer=optimizer, weight_decay=0.5)
        instance.step(RATE)
        assert torch.allclose(with_l2(optimizer, 0.5), decayed, atol=1e-6) is same


def test_biases_and_batch_norm_are_not_decayed() -> None:
    for optimizer in ("sgd", "adamw"):
        network = nn.Linear(2, 2)
        before = network.bias.detach().clone()
        network.weight.grad, network.bias.grad = torch.zeros(2, 2), torch.zeros(2)
        table = {"hidden": [], "epochs": 1, "batch": 8, "learning_rate": RATE, "weight_decay": 0.5}
        optimizers.of(network, presets.parse(table | {"optimizer": optimizer})).step(RATE)
        assert torch.equal(network.bias, before)
