"""Three labels for four measurements of a flower, by linear layers with a ReLU between them."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from inference import bundle
from inference.bundle import Bundle, Metadata
from inference.spec import (
    Architecture,
    DriftSpec,
    Floats,
    InputSpec,
    ModelSpec,
    NetworkSpec,
    OutputSpec,
    Parameters,
    Rows,
)

if TYPE_CHECKING:
    from torch import nn

RUNTIME = "numpy"
ARCHITECTURE = {"hidden": 8}
ROWS = np.array(
    [[5.1, 3.5, 1.4, 0.2], [7.0, 3.2, 4.7, 1.4], [6.3, 3.3, 6.0, 2.5], [-1.0, 0.0, 1e-3, 40.0]], dtype="<f4"
)  # (4, 4)


def _shapes(architecture: Architecture, labels: int) -> Mapping[str, tuple[int, ...]]:
    hidden = architecture["hidden"]
    return {"0.weight": (hidden, 4), "0.bias": (hidden,), "2.weight": (labels, hidden), "2.bias": (labels,)}


def _build(architecture: Architecture, parameters: Parameters) -> "nn.Module":
    import torch
    from torch import nn

    hidden, labels = architecture["hidden"], len(parameters["2.bias"])
    network = nn.Sequential(nn.Linear(4, hidden), nn.ReLU(), nn.Linear(hidden, labels))
    network.load_state_dict({name: torch.tensor(array) for name, array in parameters.items()})
    return network.eval().requires_grad_(False)


def _measure(rows: Rows) -> Floats:
    """Return length and width of the petal, float32 (n, 2)."""
    petals: Floats = rows[:, 2:]
    return petals


SPEC = ModelSpec(
    name="flowers",
    input=InputSpec(name="measurements", shape=(4,), number="value", meaning=", in centimetres"),
    output=OutputSpec(("setosa", "versicolor", "virginica")),
    network=NetworkSpec(_shapes, _build),
    drift=DriftSpec(("length", "width"), _measure),
)


def save(path: Path) -> Bundle:
    """Write the bundle at ``path``, with weights from a seed."""
    random = np.random.RandomState(1936)
    shapes = _shapes(ARCHITECTURE, len(SPEC.output.labels))
    parameters = {name: random.uniform(-1, 1, shape).astype(np.float32) for name, shape in shapes.items()}
    return bundle.save(parameters, Metadata("by hand", ARCHITECTURE, seed=1936, threshold=0.6), SPEC, path)
