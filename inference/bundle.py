"""The trained model on disk: one safetensors file that holds the weights and says where they come from."""

import dataclasses
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import orjson
import safetensors
import safetensors.numpy

from inference.files import replace

if TYPE_CHECKING:
    from model.network import MLP

WEIGHTS = "model.safetensors"
_KEY = "digits"  # safetensors keeps metadata in an unordered map: one key alone keeps the file's bytes reproducible


@dataclass(frozen=True)
class Metadata:
    """What is known of a trained model. Nothing in it depends on when or how fast it was trained.

    sizes        layer widths, input to output
    temperature  divides the logits before softmax, > 0 (Guo et al., 2017)
    threshold    least confidence, 0..1, at which a prediction counts as accepted
    data         name of a data file -> its checksum
    metrics      name -> figure, e.g. ``test_accuracy`` in 0..1
    versions     package -> version it was trained with
    """

    preset: str
    sizes: tuple[int, ...]
    seed: int
    temperature: float = 1.0
    threshold: float = 0.0
    data: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


@dataclass(frozen=True)
class Bundle:
    """A network's parameters ready for inference, its metadata, and the sha256 of the file that holds both.

    parameters  float32 arrays by name, layer by layer: ``layers.0.weight`` (out, in), ``layers.0.bias`` (out,), ...
    """

    parameters: Mapping[str, npt.NDArray[np.float32]]
    metadata: Metadata
    sha256: str

    @cached_property
    def network(self) -> "MLP":
        """The network as a PyTorch module, made when it is first asked for."""
        from model.network import MLP  # noqa: PLC0415 - what has no use for torch is spared its two seconds and 500 MB

        return MLP.of_parameters(self.metadata.sizes, self.parameters)


def save(network: "MLP", metadata: Metadata, path: Path) -> Bundle:
    """Write a folded network and its metadata to the file ``path``, whole or not at all.

    Raises ValueError if the network still has batch norm or dropout, or its sizes are not the metadata's.
    """
    if network.sizes != tuple(metadata.sizes):
        raise ValueError(f"the network's sizes are {network.sizes}, the metadata's {metadata.sizes}")
    parameters = network.arrays()
    if parameters.keys() != _shapes(metadata.sizes).keys():
        raise ValueError("save network.folded(): batch norm and dropout do not belong in a bundle")
    note = orjson.dumps(metadata.as_dict(), option=orjson.OPT_SORT_KEYS).decode()
    replace(path, safetensors.numpy.save(parameters, {_KEY: note}))
    return load(path)


def load(path: Path) -> Bundle:
    """Read a bundle from the file ``path``.

    Raises FileNotFoundError if there is none, and ValueError if it is not a bundle or its weights do not fit its sizes.
    """
    data = path.read_bytes()
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            note = (file.metadata() or {})[_KEY]
        fields = orjson.loads(note)
        metadata = Metadata(**{**fields, "sizes": tuple(fields["sizes"])})
        parameters = _fitted(safetensors.numpy.load(data), metadata.sizes)
    except (safetensors.SafetensorError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is not a digits bundle: {error}") from error
    return Bundle(parameters, metadata, hashlib.sha256(data).hexdigest())


def _fitted(tensors: dict[str, npt.NDArray[Any]], sizes: tuple[int, ...]) -> dict[str, npt.NDArray[np.float32]]:
    """The tensors in the order of their layers. Raises ValueError if they are not those of a network of these sizes."""
    shapes = _shapes(sizes)
    found = {name: tensor.shape for name, tensor in tensors.items() if tensor.dtype == np.float32}
    if found != shapes:
        raise ValueError(f"its weights are {found}, its sizes {sizes}")
    return {name: tensors[name] for name in shapes}


def _shapes(sizes: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
    """The parameters of a folded network; every second layer is a ReLU, which has none."""
    shapes: dict[str, tuple[int, ...]] = {}
    for index, (width_in, width_out) in enumerate(pairwise(sizes)):
        shapes[f"layers.{2 * index}.weight"] = (width_out, width_in)
        shapes[f"layers.{2 * index}.bias"] = (width_out,)
    return shapes
