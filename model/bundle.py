"""The trained model on disk: one safetensors file that holds the weights and says where they come from."""

import dataclasses
import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import safetensors
import safetensors.torch

from model.files import replace
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
    """A network ready for inference, its metadata, and the sha256 of the file that holds both."""

    network: MLP
    metadata: Metadata
    sha256: str


def save(network: MLP, metadata: Metadata, path: Path) -> Bundle:
    """Write a folded network and its metadata to the file ``path``, whole or not at all.

    Raises ValueError if the network still has batch norm or dropout, or its sizes are not the metadata's.
    """
    if network.sizes != tuple(metadata.sizes):
        raise ValueError(f"the network's sizes are {network.sizes}, the metadata's {metadata.sizes}")
    if network.state_dict().keys() != MLP(metadata.sizes).state_dict().keys():
        raise ValueError("save network.folded(): batch norm and dropout do not belong in a bundle")
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}
    note = orjson.dumps(metadata.as_dict(), option=orjson.OPT_SORT_KEYS).decode()
    replace(path, safetensors.torch.save(tensors, {_KEY: note}))
    return load(path)


def load(path: Path) -> Bundle:
    """Read a bundle from the file ``path``.

    Raises FileNotFoundError if there is none, and ValueError if it is not a bundle or its weights do not fit its sizes.
    """
    data = path.read_bytes()
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            note = (file.metadata() or {})[_KEY]
        fields = orjson.loads(note)
        metadata = Metadata(**{**fields, "sizes": tuple(fields["sizes"])})
        network = MLP(metadata.sizes)
        network.load_state_dict(safetensors.torch.load(data))
    except (safetensors.SafetensorError, KeyError, TypeError, RuntimeError, ValueError) as error:
        raise ValueError(f"{path} is not a digits bundle: {error}") from error
    return Bundle(network.eval().requires_grad_(False), metadata, hashlib.sha256(data).hexdigest())
