"""Simulation of a missing package."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def missing(package: str) -> Iterator[None]:
    """Make imports of ``package`` fail within the block."""
    hidden = [name for name in sys.modules if name.partition(".")[0] == package]
    modules = {name: sys.modules.pop(name) for name in hidden}
    sys.modules[package] = None  # type: ignore[assignment]  # Python's own way to forbid an import
    try:
        yield
    finally:
        del sys.modules[package]
        sys.modules.update(modules)
