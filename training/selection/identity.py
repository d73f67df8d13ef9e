"""Return the candidates with these names, all if none are given. Raises ValueError for an unknown one."""

import platform
from importlib.metadata import version
from typing import Any

from training.selection import code
from training.selection.job import Job
from training.selection.training_images import TrainingImages

Identity = dict[str, Any]

_PACKAGES = ("torch", "numpy", "scikit-learn")


def cache_key(piece: Job, material: TrainingImages) -> Identity:
    """Return the cache key of this job's result; JSON."""
    known = {"piece": piece.name, "settings": piece.settings, "data": material.checksum}
    return {**known, "code": code.source_hash(*piece.code), "versions": versions()}


def versions() -> dict[str, str]:
    return {"Python": platform.python_version()} | {package: version(package) for package in _PACKAGES}
