"""Architecture of the multilayer perceptron: ``{"sizes": [784, ..., 10]}``, widths from input to output."""

from itertools import pairwise
from typing import TYPE_CHECKING

from inference.spec import Architecture, Parameters

if TYPE_CHECKING:
    from model.network import MLP


def shapes(architecture: Architecture, labels: int) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the parameters of a folded network. Every second layer is a ReLU without parameters.

    Raises KeyError, TypeError or ValueError if the architecture is no perceptron with ``labels`` outputs.
    """
    sizes = architecture["sizes"]
    if len(architecture) > 1 or sizes[-1] != labels:
        raise ValueError(f"{dict(architecture)} is no perceptron with {labels} outputs")
    shapes_by_name: dict[str, tuple[int, ...]] = {}
    for index, (width_in, width_out) in enumerate(pairwise(sizes)):
        shapes_by_name[f"layers.{2 * index}.weight"] = (width_out, width_in)
        shapes_by_name[f"layers.{2 * index}.bias"] = (width_out,)
    return shapes_by_name


def build(architecture: Architecture, parameters: Parameters) -> "MLP":
    """Return the network for inference."""
    from model.network import MLP  # noqa: PLC0415 - other runtimes save the two seconds and 500 MB of torch

    return MLP.of_parameters(tuple(architecture["sizes"]), parameters)
