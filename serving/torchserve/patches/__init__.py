"""Patches of TorchServe's Java frontend, one file for each class.

TorchServe 0.12.0 is its last release, so its classes do not change. A class that differs all the same is not patched.
"""

from pathlib import Path

from serving.torchserve.patches import (
    inference_request_handler,
    model,
    model_archive,
    work_load_manager,
    worker_thread,
    workflow_handler,
)
from serving.torchserve.patches.class_patch import ClassPatch

MODULES = (inference_request_handler, model, worker_thread, work_load_manager, model_archive, workflow_handler)
PATCHES: tuple[ClassPatch, ...] = tuple(module.PATCH for module in MODULES)


def apply(directory: Path) -> list[ClassPatch]:
    """Write the patched classes to the folder that a server starts in, which is first on its class path.

    Returns the applied patches.
    """
    return [patch for patch in PATCHES if patch.apply(directory)]
