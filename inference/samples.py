"""Samples beside a bundle, in a safetensors file: its archive must predict them as the bundle does."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import safetensors
import safetensors.numpy

from inference import files
from inference.spec import InputSpec, Rows

FILE = "samples.safetensors"  # of rows (n, *shape) and, if they are known, labels int64 (n,)
_ROWS, _LABELS = "rows", "labels"

Labels = npt.NDArray[np.integer]  # (n,), indices of the expected labels


class Samples(NamedTuple):
    """Examples that were not used for training (n, *shape), and their labels, if they are known."""

    rows: Rows
    labels: Labels | None = None


def save(samples: Samples, path: Path) -> None:
    """Write samples to the file ``path`` in one step."""
    tensors: dict[str, npt.NDArray[np.generic]] = {_ROWS: np.ascontiguousarray(samples.rows)}
    if samples.labels is not None:
        tensors[_LABELS] = samples.labels.astype(np.int64)
    files.replace(path, safetensors.numpy.save(tensors))


def load(path: Path, spec: InputSpec) -> Samples:
    """Read the samples in the file ``path``.

    Raises FileNotFoundError if the file is missing, and ValueError if it has no examples for the input ``spec``.
    """
    try:
        tensors = safetensors.numpy.load(path.read_bytes())
        rows, labels = tensors[_ROWS], tensors.get(_LABELS)
    except (safetensors.SafetensorError, KeyError) as error:
        raise ValueError(f"{path} has no samples: {error}") from error
    if rows.dtype != spec.dtype or rows.shape[1:] != spec.shape or not len(rows):
        raise ValueError(f"{path} has {rows.dtype} {rows.shape}, and {spec.dtype} (n, *{spec.shape}) is needed")
    if labels is not None and (labels.shape != (len(rows),) or labels.dtype.kind not in "iu"):
        raise ValueError(f"{path} has labels {labels.dtype} {labels.shape} for {len(rows)} samples")
    return Samples(rows, labels)
