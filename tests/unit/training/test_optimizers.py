import subprocess
import sys
from typing import Any

import pytest
import torch
from torch import nn

from training.optimizers import eager

_IMPORTS = """
import sys, torch
from training.optimizers import eager
weight = torch.nn.Parameter(torch.ones(2))
optimizer = eager(torch.optim.AdamW)([weight], fused=True)
optimizer.zero_grad()
weight.sum().backward()
optimizer.step()
optimizer.load_state_dict(optimizer.state_dict())
print("torch._dynamo" in sys.modules)
"""


def trained(kind: type[torch.optim.Optimizer], **options: Any) -> tuple[list[bytes], dict[str, Any]]:
    """Weights after some steps, and the optimizer's state."""
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


def test_it_does_not_import_the_compiler() -> None:
    done = subprocess.run((sys.executable, "-c", _IMPORTS), capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
