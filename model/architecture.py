"""The multilayer perceptron of a bundle: ``{"sizes": [784, ..., 10]}``, widths from input to output."""

from itertools import pairwise
from typing import TYPE_CHECKING

from inference.spec import Architecture, Parameters

if TYPE_CHECKING:
    from model.network import MLP


def shapes(architecture: Architecture, labels: int) -> dict[str, tuple[int, ...]]:
    """The parameters of a folded network; every second layer is a ReLU, which has none.

    Raises KeyError, TypeError or ValueError if it is no perceptron with that many outputs.
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
    """The network for inference."""
    from model.network import MLP  # noqa: PLC0415 - what has no use for torch is spared its two seconds and 500 MB

    return MLP.of_parameters(tuple(architecture["sizes"]), parameters)
