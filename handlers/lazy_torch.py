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
    """Stands in for torch, and imports it when something of it is used."""

    def __getattr__(self, name: str) -> Any:
        remove()
        return getattr(importlib.import_module(_NAME), name)


def install() -> None:
    """Before anything imports torch. The archive's sitecustomize.py calls it, which Python imports at its start."""
    sys.modules.setdefault(_NAME, LazyTorch(_NAME))


def remove() -> None:
    """From here on ``import torch`` means the real one; who has the stand-in keeps it."""
    if isinstance(sys.modules.get(_NAME), LazyTorch):
        del sys.modules[_NAME]
