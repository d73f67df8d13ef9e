"""The formats that an archive can serve its network in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inference.bundle import Bundle

DEFAULT = "numpy"  # the fastest that keeps parity and needs nothing more: scripts/bench formats measures it
ANY = "eager"  # for networks that the default is not for
ONNX = "onnxruntime_onnx"  # a platform


@dataclass(frozen=True)
class Format:
    """One way to serve the network.

    about         what runs it
    platform      the same as Triton calls it, in a model's metadata
    converter     function beside this file that makes its files of a bundle; empty if it needs none
    linear        for linear layers with ReLU between them alone
    exact         its arithmetic is training's: parity then means every bit
    requirements  the lock in requirements/ that has what makes it
    """

    about: str
    platform: str
    converter: str = ""
    linear: bool = False
    exact: bool = False
    requirements: str = "serve"


FORMATS: Mapping[str, Format] = {
    "eager": Format("PyTorch, layer by layer, as in training", "pytorch_eager", exact=True, requirements="explain"),
    "numpy": Format("numpy, over the numbers that are not zero", "numpy", linear=True),
    "export": Format(
        "a torch.export program", "pytorch_export", "exported:convert", exact=True, requirements="explain"
    ),
    "onnx": Format("ONNX Runtime", ONNX, "onnx_graph:convert", linear=True, requirements="onnx"),
    "int8": Format(
        "ONNX Runtime, weights and inputs of 8 bits",
        ONNX,
        "onnx_graph:convert_to_int8",
        linear=True,
        requirements="onnx",
    ),
}


def default(bundle: "Bundle") -> str:
    """Return the name of the format for a bundle, unless the user names another."""
    return DEFAULT if bundle.is_linear else ANY
