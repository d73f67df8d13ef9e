"""Bundle: a trained model on disk, one safetensors file with weights and metadata."""

import dataclasses
import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import orjson
import safetensors
import safetensors.numpy

from inference.files import replace
from inference.spec import Architecture, ModelSpec, Parameters

if TYPE_CHECKING:
    from torch import nn

WEIGHTS = "model.safetensors"


@dataclass(frozen=True)
class Metadata:
    """Facts about a trained model. They do not depend on the date or the speed of the training.

    architecture  JSON object from which the network is built; ``as_dict`` merges its keys with the other fields
    temperature   divides the logits before softmax, > 0 (Guo et al., 2017)
    threshold     least confidence, 0..1, at which a prediction counts as accepted
    data          name of a data file -> its checksum
    metrics       name -> figure, e.g. ``test_accuracy`` in 0..1
    versions      package -> version used in training
    labels        text of each class; empty: the labels of the specification
    name          name under which the model is served; empty: the name of the specification
    """

    preset: str
    architecture: Architecture
    seed: int
    temperature: float = 1.0
    threshold: float = 0.0
    data: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    labels: tuple[str, ...] = ()
    name: str = ""

    def as_dict(self) -> dict[str, Any]:
        content = {"preset": self.preset, **self.architecture}
        content |= {name: getattr(self, name) for name in _FIELDS if name not in ("preset", "architecture", *_OPTIONAL)}
        return content | {name: value for name in _OPTIONAL if (value := getattr(self, name))}

    @classmethod
    def of(cls, content: dict[str, Any]) -> "Metadata":
        """Reverse ``as_dict``. Raises TypeError if a required field is missing."""
        known = {name: value for name, value in content.items() if name in _FIELDS}
        architecture = {name: value for name, value in content.items() if name not in _FIELDS}
        return cls(**known | {"architecture": architecture, "labels": tuple(content.get("labels", ()))})


_OPTIONAL = ("labels", "name")
_FIELDS = tuple(entry.name for entry in dataclasses.fields(Metadata))


@dataclass(frozen=True)
class Bundle:
    """Parameters and metadata of a network, and the sha256 of their file.

    parameters  float32 arrays by name, in the order of the architecture
    spec        specification of the model, with the labels of the bundle
    """

    parameters: Parameters
    metadata: Metadata
    sha256: str
    spec: ModelSpec

    @property
    def labels(self) -> tuple[str, ...]:
        """Return the text of each class."""
        return self.spec.output.labels

    @property
    def is_linear(self) -> bool:
        """Return True if the parameters are alternately weights and biases of linear layers."""
        dimensions = [array.ndim for array in self.parameters.values()]
        return dimensions == [2, 1] * (len(dimensions) // 2)

    @cached_property
    def network(self) -> "nn.Module":
        """Return the network as a PyTorch module, made on first use."""
        return self.spec.network.build(self.metadata.architecture, self.parameters)


def save(parameters: Parameters, metadata: Metadata, spec: ModelSpec, path: Path) -> Bundle:
    """Write the parameters and the metadata of a network to the file ``path`` in one step.

    Raises ValueError if the parameters do not fit the architecture.
    """
    own = spec.labelled(metadata.labels)
    _fitted(dict(parameters), metadata.architecture, own)
    note = orjson.dumps(metadata.as_dict(), option=orjson.OPT_SORT_KEYS).decode()
    replace(path, safetensors.numpy.save(dict(parameters), {spec.name: note}))  # one key: the order of several varies
    return load(path, spec)


def load(path: Path, spec: ModelSpec) -> Bundle:
    """Read a bundle from the file ``path``.

    Raises FileNotFoundError if the file is missing. Raises ValueError if it is not a bundle of this model or its
    weights do not fit its architecture.
    """
    data = path.read_bytes()
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            note = (file.metadata() or {})[spec.name]
        metadata = Metadata.of(orjson.loads(note))
        own = spec.labelled(metadata.labels)
        parameters = _fitted(safetensors.numpy.load(data), metadata.architecture, own)
    except (safetensors.SafetensorError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"{path} is not a {spec.name} bundle: {error}") from error
    return Bundle(parameters, metadata, hashlib.sha256(data).hexdigest(), own)


def _fitted(tensors: dict[str, npt.NDArray[Any]], architecture: Architecture, spec: ModelSpec) -> Parameters:
    """Return the tensors in the order of the architecture. Raises ValueError for other names or shapes."""
    shapes = dict(spec.network.shapes(architecture, len(spec.output.labels)))
    actual = {name: tensor.shape for name, tensor in tensors.items() if tensor.dtype == np.float32}
    if actual != shapes or len(actual) != len(tensors):
        raise ValueError(f"the weights are {actual}, {dict(architecture)} needs {shapes}")
    return {name: tensors[name] for name in shapes}
