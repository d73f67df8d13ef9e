"""The formats that an archive can serve its network in."""

from collections.abc import Mapping
from dataclasses import dataclass

DEFAULT = "numpy"  # the fastest that keeps parity and needs nothing more: scripts/bench formats measures it


@dataclass(frozen=True)
class Format:
    """One way to serve the network.

    about         what runs it
    exact         its arithmetic is training's: parity then means every bit
    requirements  the lock in requirements/ that has what it needs
    """

    about: str
    exact: bool = False
    requirements: str = "serve"


FORMATS: Mapping[str, Format] = {
    "eager": Format("PyTorch, layer by layer, as in training", exact=True),
    "numpy": Format("numpy, over the pixels that have ink"),
    "export": Format("a torch.export program", exact=True),
    "onnx": Format("ONNX Runtime", requirements="onnx"),
    "int8": Format("ONNX Runtime, weights and inputs of 8 bits", requirements="onnx"),
}
