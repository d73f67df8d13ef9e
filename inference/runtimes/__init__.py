"""Runtimes: libraries that compute logits. An archive names the runtime for which it was built.

eager   PyTorch, layer by layer, as in training, on the CPU or a GPU
numpy   matrix products, for linear layers with ReLU between them
export  torch.export program
onnx    ONNX Runtime
int8    ONNX Runtime with weights of 8 bits
"""

import importlib
from pathlib import Path
from types import ModuleType
from typing import Protocol

from inference.bundle import Bundle
from inference.spec import Floats, Rows

FILE = "format.txt"
_MODULES = {"eager": "eager", "numpy": "numpy", "export": "export", "onnx": "onnx", "int8": "onnx"}


class Runtime(Protocol):
    """Network that is ready to run."""

    def logits(self, rows: Rows) -> Floats:
        """Return logits, float32 (n, labels), for n >= 1 examples (n, *shape) in the dtype of the input."""


def load(directory: Path, bundle: Bundle, device: str = "cpu") -> Runtime:
    """Return the runtime of an unpacked archive. On a GPU it is always eager: the others are for CPUs.

    Raises FileNotFoundError if ``format.txt`` or the file of the format is missing, ImportError if its library is
    missing, and ValueError if the format is unknown.
    """
    name = (directory / FILE).read_text().strip()
    if name not in _MODULES:
        raise ValueError(f"the archive's format is {name!r}; known are {', '.join(_MODULES)}")
    runtime: Runtime = _module(name if device == "cpu" else "eager").load(directory, bundle, device)
    return runtime


def in_memory(name: str, bundle: Bundle, device: str = "cpu") -> Runtime:
    """Return a runtime, eager or numpy, without an archive. Eager uses torch's default number of threads."""
    runtime: Runtime = _module(name).in_memory(bundle, device)
    return runtime


def _module(name: str) -> ModuleType:
    """Return the module of a format. The first call imports its libraries."""
    return importlib.import_module(f"{__name__}.{_MODULES[name]}")
