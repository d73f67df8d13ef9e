"""Lazy import of torch: a worker imports it on first use.

TorchServe's worker imports torch only to check whether an answer is a tensor. The default format does not need torch,
and the import takes two seconds at each start and most of the memory of a worker.
"""

import importlib
import sys
from types import ModuleType
from typing import Any

_NAME = "torch"


class LazyTorch(ModuleType):
    """Placeholder for the module torch, which imports it on first use."""

    def __getattr__(self, name: str) -> Any:
        remove()
        return getattr(importlib.import_module(_NAME), name)


def install() -> None:
    """Install the stand-in before anything imports torch. The archive's sitecustomize.py calls this."""
    sys.modules.setdefault(_NAME, LazyTorch(_NAME))


def remove() -> None:
    """Make ``import torch`` import the real module from now on."""
    if isinstance(sys.modules.get(_NAME), LazyTorch):
        del sys.modules[_NAME]
