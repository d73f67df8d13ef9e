"""Formats in which an archive can contain its network."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inference.bundle import Bundle

DEFAULT = "numpy"  # the fastest with parity and without more packages: scripts/bench formats measures them
ANY = "eager"  # for networks that do not suit the default
ONNX = "onnxruntime_onnx"  # name of the platform


@dataclass(frozen=True)
class Format:
    """One way to run the network.

    about         description of its runtime
    platform      Triton's name of the runtime, for a model's metadata
    converter     MODULE:FUNCTION in this package that makes its files from a bundle; empty if it needs none
    linear        true if it is only for linear layers with ReLU between them
    exact         true if its arithmetic equals training's, so that parity means equal bits
    requirements  lock in requirements/ with the packages for the conversion
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
    """Return the default format for a bundle."""
    return DEFAULT if bundle.is_linear else ANY
