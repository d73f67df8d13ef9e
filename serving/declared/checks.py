"""Checks of a declared model before it is sealed: the figures, and what a failure means."""

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
_LEAST_ALONE = 14  # examples that are run in batches of under 64, at least, and
_MOST_NUMBERS = 1 << 21  # their numbers at most: one by one, large images take a minute
_ALLOWED = f"{TOLERANCE:.0e} is allowed"


@dataclass
class CheckFigures:
    """Results of the checks, printed and kept in the model's card.

    samples    examples from the folder
    generated  examples drawn at random
    batch      largest difference between an example alone and in a batch
    original   largest difference from the network as its author gave it, at batch sizes 1, 2, 7 and 64, or 1 alone
               if it is served without batching; None: the archive holds the author's own graph
    archive    largest difference between the sealed archive, in a process of its own, and the network here
    expected   samples whose expected outputs were compared
    reference  examples of training data that drift is held against
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
    """Raises DeclarationError that names a sample whose output has a NaN or infinite number."""
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
    """Return the largest difference of the graph from the original at each batch size.

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
    """Return the batch sizes that are checked."""
    return BATCHES if batched else (1,)


def archive_distance(answered: Arrays, network: Network, samples: FolderSamples) -> float:
    """Return the largest difference of the archive's answers. Raises DeclarationError if it is over 1e-4."""
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
    """The outputs of the examples that are run in batches of this size."""
    rows = samples.rows[: BATCHES[-1]]
    if size < BATCHES[-1]:
        rows = rows[: max(_LEAST_ALONE, _MOST_NUMBERS // rows[0].size)]
    parts: Sequence[Arrays] = [run(rows[start : start + size]) for start in range(0, len(rows), size)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
