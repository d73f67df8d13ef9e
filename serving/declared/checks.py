"""Checks of a declared model before it is sealed: the figures, and what a failure means."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from inference.declared.network import Network, named
from inference.golden import TOLERANCE
from inference.results import Arrays, distance
from inference.spec import Rows
from serving.declared.errors import DeclarationError
from serving.declared.samples import FolderSamples

BATCHES = (1, 2, 7, 64)
_LEAST_ALONE = 14  # examples that are run in batches of under 64, at least, and
_MOST_NUMBERS = 1 << 21  # their numbers at most: one by one, large images take a minute


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
    alone = _in_batches(network.arrays, _rows(samples, 1), 1)
    count = len(_rows(samples, 1))
    worst = 0.0
    for size in BATCHES[1:]:
        batched = _in_batches(network.arrays, _rows(samples, size), size)
        together = {name: array[:count] for name, array in batched.items()}
        worst = max(worst, difference := distance(together, alone))
        if difference > TOLERANCE:
            _check_repeatable(network, samples, alone)
            index = _worst(together, alone)
            raise DeclarationError(
                f"{samples.name(index)} alone and in a batch of {size} differs by {difference:.2g}; {TOLERANCE:.0e} is "
                "allowed: the network mixes the examples of a batch, by normalising or quantising over it, or sums in "
                "another order; batching = false in model.toml runs one at a time"
            )
    return worst


def _check_repeatable(network: Network, samples: FolderSamples, before: Arrays) -> None:
    """Raises DeclarationError if examples that were run alone before have other outputs now."""
    now = _in_batches(network.arrays, _rows(samples, 1), 1)
    if (difference := distance(now, before)) > TOLERANCE:
        raise DeclarationError(
            f"{samples.name(_worst(now, before))} has other outputs when it is run again, by {difference:.2g}: the "
            "network draws random numbers; functional.dropout needs training=self.training"
        )


def original_distance(
    run: Callable[[Rows], Arrays], network: Network, samples: FolderSamples, batches: Sequence[int]
) -> float:
    """Return the largest difference of the graph from the original at each batch size.

    Raises DeclarationError if it is over 1e-4.
    """
    worst = 0.0
    for size in batches:
        rows = _rows(samples, size)
        actual, expected = _in_batches(network.arrays, rows, size), _in_batches(run, rows, size)
        worst = max(worst, difference := distance(actual, expected))
        if difference > TOLERANCE:
            raise DeclarationError(
                f"{samples.name(_worst(actual, expected))}: the exported graph differs from PyTorch by "
                f"{difference:.2g} at batch size {size}; {TOLERANCE:.0e} is allowed: the network's forward depends on "
                "its input's values or on the batch size"
            )
    return worst


def sizes(batched: bool) -> Sequence[int]:
    """Return the batch sizes that are checked."""
    return BATCHES if batched else (1,)


def archive_distance(answered: Arrays, network: Network, samples: FolderSamples) -> float:
    """Return the largest difference of the archive's answers. Raises DeclarationError if it is over 1e-4."""
    expected = named(network.predict(samples.rows))
    difference = distance(answered, expected)
    if difference > TOLERANCE:
        raise DeclarationError(
            f"{samples.name(_worst(answered, expected))}: the archive's outputs differ by {difference:.2g}; "
            f"{TOLERANCE:.0e} is allowed"
        )
    return difference


def _rows(samples: FolderSamples, size: int) -> Rows:
    """The examples to run in batches of this size."""
    rows = samples.rows[: BATCHES[-1]]
    return rows if size == BATCHES[-1] else rows[: max(_LEAST_ALONE, _MOST_NUMBERS // rows[0].size)]


def _in_batches(run: Callable[[Rows], Arrays], rows: Rows, size: int) -> Arrays:
    parts: Sequence[Arrays] = [run(rows[start : start + size]) for start in range(0, len(rows), size)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _worst(actual: Arrays, expected: Arrays) -> int:
    """The index of the example with the largest difference."""
    count = min(len(array) for array in (*actual.values(), *expected.values()))
    distances = [
        distance(*({name: array[index : index + 1] for name, array in arrays.items()} for arrays in (actual, expected)))
        for index in range(count)
    ]
    return int(np.argmax(distances))
