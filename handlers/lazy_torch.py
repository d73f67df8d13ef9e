"""Spares a worker the import of torch while nothing of it is used.

TorchServe's own worker imports torch, only to ask whether an answer is a tensor. The default format needs none of it,
and two seconds of every start and most of a worker's memory went with it.
"""

import importlib
import sys
from types import ModuleType
from typing import Any

_NAME = "torch"


class LazyTorch(ModuleType):
    """Stand-in for torch, which imports it on first use."""

    def __getattr__(self, name: str) -> Any:
        remove()
        return getattr(importlib.import_module(_NAME), name)


def install() -> None:
    """Before anything imports torch. The archive's sitecustomize.py calls it, which Python imports at its start."""
    sys.modules.setdefault(_NAME, LazyTorch(_NAME))


def remove() -> None:
    """Make ``import torch`` import the real module from now on."""
    if isinstance(sys.modules.get(_NAME), LazyTorch):
        del sys.modules[_NAME]
