"""Checks of a declared model before it is sealed: their figures, and explanations of failures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from inference.declared.network import Network
from inference.golden import TOLERANCE, named
from inference.results import Arrays, distance
from inference.spec import Rows
from serving.declared.errors import DeclarationError
from serving.declared.samples import FolderSamples

BATCHES = (1, 2, 7, 64)
_LEAST_ALONE = 14  # least number of examples in batches of under 64
_MOST_NUMBERS = 1 << 21  # most numbers in these examples: large images one by one would take a minute
_ALLOWED = f"{TOLERANCE:.0e} is allowed"


@dataclass
class CheckFigures:
    """Results of the checks, printed and stored in the model card.

    samples    examples from the folder
    generated  examples drawn at random
    batch      largest difference between an example alone and in a batch
    original   largest difference between the exported graph and PyTorch, at batch sizes 1, 2, 7 and 64, or at 1 without
               batching; None if the folder has an ONNX file
    archive    largest difference between the sealed archive, in a process of its own, and the network here
    expected   samples whose expected outputs were compared
    reference  examples of training data in the drift reference
    """

    samples: int = 0
    generated: int = 0
    batch: float = 0.0
    original: float | None = None
    archive: float = 0.0
    expected: int = 0
    reference: int = 0
    warnings: list[str] = field(default_factory=list)


def check_finite(network: Network, samples: FolderSamples) -> None:
    """Check that all outputs are finite. Raises DeclarationError, which names a sample with a NaN or infinity."""
    for name, array in network.arrays(samples.rows).items():
        finite = np.array([np.isfinite(example).all() for example in array], np.bool_)
        if not finite.all():
            bad = samples.name(int(finite.argmin()))
            raise DeclarationError(f"the output {name!r} has a NaN or infinite number for {bad}")


def batch_distance(network: Network, samples: FolderSamples) -> float:
    """Return the largest difference between an example alone and in batches of 2, 7 and 64.

    Raises DeclarationError if it is over 1e-4.
    """
    alone = _in_batches(network.arrays, samples, 1)
    worst = 0.0
    for size in BATCHES[1:]:
        batched = _in_batches(network.arrays, samples, size)
        together = {name: array[: len(alone[name])] for name, array in batched.items()}
        if distance(together, alone) > TOLERANCE:
            again = _in_batches(network.arrays, samples, 1)
            complaint = (
                "{sample} has other outputs when it is run again, by {difference}: the network draws random numbers; "
                "functional.dropout needs training=self.training"
            )
            _compare(again, alone, samples, complaint)
        complaint = (
            f"{{sample}} alone and in a batch of {size} differs by {{difference}}; {_ALLOWED}: the network mixes the "
            "examples of a batch, by normalising or quantising over it, or sums in another order; batching = false in "
            "model.toml runs one at a time"
        )
        worst = max(worst, _compare(together, alone, samples, complaint))
    return worst


def original_distance(
    run: Callable[[Rows], Arrays], network: Network, samples: FolderSamples, batches: Sequence[int]
) -> float:
    """Return the largest difference between the graph and the original at each batch size.

    Raises DeclarationError if it is over 1e-4.
    """
    worst = 0.0
    for size in batches:
        complaint = (
            f"{{sample}}: the exported graph differs from PyTorch by {{difference}} at batch size {size}; {_ALLOWED}: "
            "the network's forward depends on its input's values or on the batch size"
        )
        actual, expected = (_in_batches(compute, samples, size) for compute in (network.arrays, run))
        worst = max(worst, _compare(actual, expected, samples, complaint))
    return worst


def sizes(batched: bool) -> Sequence[int]:
    """Return the batch sizes to check."""
    return BATCHES if batched else (1,)


def archive_distance(answered: Arrays, network: Network, samples: FolderSamples) -> float:
    """Return the largest difference of the archive's results. Raises DeclarationError if it is over 1e-4."""
    complaint = f"{{sample}}: the archive's outputs differ by {{difference}}; {_ALLOWED}"
    return _compare(answered, named(network.predict(samples.rows)), samples, complaint)


def _compare(actual: Arrays, expected: Arrays, samples: FolderSamples, complaint: str) -> float:
    """Return the largest difference. Raises DeclarationError, with the sample, if it is over 1e-4."""
    difference = distance(actual, expected)
    if difference > TOLERANCE:
        count = min(len(array) for array in (*actual.values(), *expected.values()))
        examples = (
            [{name: array[index : index + 1] for name, array in arrays.items()} for arrays in (actual, expected)]
            for index in range(count)
        )
        worst = int(np.argmax([distance(*pair) for pair in examples]))
        raise DeclarationError(complaint.format(sample=samples.name(worst), difference=f"{difference:.2g}"))
    return difference


def _in_batches(run: Callable[[Rows], Arrays], samples: FolderSamples, size: int) -> Arrays:
    """Return the outputs of some examples, run in batches of this size."""
    rows = samples.rows[: BATCHES[-1]]
    if size < BATCHES[-1]:
        rows = rows[: max(_LEAST_ALONE, _MOST_NUMBERS // rows[0].size)]
    parts: Sequence[Arrays] = [run(rows[start : start + size]) for start in range(0, len(rows), size)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
