"""The test set beside a bundle: what its archive is proved on."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import safetensors.numpy

from inference.files import replace
from training.data.dataset import Examples

FILE = "samples.safetensors"  # of rows (n, *shape) and labels int64 (n,), as serving.archives.samples reads it


def save(test: Examples, folder: Path) -> None:
    """Write the test set into the folder of a bundle, whole or not at all."""
    tensors: dict[str, npt.NDArray[Any]] = {
        "rows": np.ascontiguousarray(test.images),
        "labels": test.labels.astype(np.int64),
    }
    replace(folder / FILE, safetensors.numpy.save(tensors))


def remove(folder: Path) -> None:
    """Remove the test set from the folder of a bundle, if there is one."""
    (folder / FILE).unlink(missing_ok=True)
