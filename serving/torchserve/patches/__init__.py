"""Patches of TorchServe's Java frontend, one file for each class.

TorchServe 0.12.0 is the last release, so its classes do not change. A class with another sha256 is not patched.
"""

import hashlib
import io
import zipfile
from pathlib import Path

from inference import files
from serving.torchserve.patches import (
    http_server_codec,
    inference_request_handler,
    model,
    model_archive,
    model_server,
    work_load_manager,
    worker_thread,
    workflow_handler,
)
from serving.torchserve.patches.class_patch import ClassPatch, original_jar

MODULES = (
    http_server_codec,
    inference_request_handler,
    model,
    worker_thread,
    work_load_manager,
    model_archive,
    model_server,
    workflow_handler,
)
PATCHES: tuple[ClassPatch, ...] = tuple(module.PATCH for module in MODULES)


def jar(folder: Path) -> Path:
    """Return a jar of the patched classes, which must precede the original on the class path.

    It is written to ``folder`` unless it exists. Raises OSError if it cannot be written.
    """
    stamp = original_jar().stat()
    identity = repr((PATCHES, stamp.st_size, stamp.st_mtime_ns))  # because reading the original jar is slow
    path = folder / f"patches-{hashlib.sha256(identity.encode()).hexdigest()[:12]}.jar"
    if not path.exists():
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as file:
            for patch in PATCHES:
                if patched := patch.apply():
                    file.writestr(zipfile.ZipInfo(patch.path), patched)
        files.make_folder(folder, 0o755)
        files.replace(path, content.getvalue())
    return path
