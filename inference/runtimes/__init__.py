"""Runtimes: ways to compute logits. An archive names the runtime that it was built for.

eager   PyTorch, layer by layer: what training uses, on the CPU or a GPU
numpy   matrix products, for linear layers with ReLU between them
export  a torch.export program
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
    """A network ready to run."""

    def logits(self, rows: Rows) -> Floats:
        """n >= 1 examples (n, *shape) of the input's dtype to float32 (n, labels)."""


def load(directory: Path, bundle: Bundle, device: str = "cpu") -> Runtime:
    """The runtime that the note in an unpacked archive names. On a GPU it is always eager: the others are for CPUs.

    Raises FileNotFoundError if the note or the format's file is missing, ImportError if its library is, and ValueError
    if no such format is known.
    """
    name = (directory / FILE).read_text().strip()
    if name not in _MODULES:
        raise ValueError(f"the archive's format is {name!r}; known are {', '.join(_MODULES)}")
    runtime: Runtime = _module(name if device == "cpu" else "eager").load(directory, bundle, device)
    return runtime


def in_memory(name: str, bundle: Bundle, device: str = "cpu") -> Runtime:
    """A runtime that needs no archive, eager or numpy; eager with as many threads as torch takes."""
    runtime: Runtime = _module(name).in_memory(bundle, device)
    return runtime


def _module(name: str) -> ModuleType:
    """Return a format's module, importing its libraries on first use."""
    return importlib.import_module(f"{__name__}.{_MODULES[name]}")
