"""The training's part of the report."""

from typing import Any

from benchmarks.targets import Target
from benchmarks.training.trainers import PRODUCT, SEED
from benchmarks.training.training_figures import Row, rows
from training.reports.markdown import table

FILE = "training.json"
_RATIO = 10.0

_TEXT = """## Training to the seed's accuracy

The network of 784, 128 and 10 units, trained to what the seed's five epochs of Keras reach on the test set. Medians of
{rounds} rounds; in each, every trainer ran once, in a process of its own, one after the other.

![Seconds of training and of the whole process](images/performance-training.png)

{table}

*Training* is from images in memory to trained weights: scaling, building, compiling, loading libraries late, validating
and saving checkpoints included, where a trainer does so. *Whole process* adds starting Python, loading libraries and
data, and the test; the product's also verifies, cleans and splits the data.

Versions: {versions}. The product's test accuracy with seeds 0 to {last}: {seeds} %. Its settings were chosen on
validation images, which are no part of the test set.

Unless `OMP_WAIT_POLICY` is set, `scripts/train` lets threads wait awake where the machine is idle when it starts, and
otherwise asleep: those asleep lose time on an idle machine, those awake lose more where another program wants a core.
"""


def section(content: dict[str, Any]) -> str:
    found = rows(content)
    return _TEXT.format(
        rounds=content["rounds"],
        table=_table(found),
        versions=_versions(found),
        last=len(content["seeds"]) - 1,
        seeds=", ".join(f"{100 * each:.2f}" for each in content["seeds"]),
    )


def targets(content: dict[str, Any]) -> list[Target]:
    """As fast as is asked with the accuracy that is asked, with every seed."""
    found = {row.name: row for row in rows(content)}
    seed, least = found[SEED], min(content["seeds"])
    ratio = _ratio(seed.seconds, found[PRODUCT].seconds)
    words = f"training to the seed's accuracy: {_RATIO:.0f}x as fast as the seed's Keras code"
    measured = (
        f"{found[PRODUCT].title}: {ratio:.1f}x; least accuracy {100 * least:.2f} % against {100 * seed.accuracy:.2f} %"
    )
    return [Target(words, measured, ratio >= _RATIO and least >= seed.accuracy)]


def _table(found: list[Row]) -> str:
    head = ("trainer", "settings", "training, s", "to Keras", "whole process, s", "to Keras", "test accuracy, %")
    (seed,) = (row for row in found if row.name == SEED)
    return table(head, [_cells(row, seed) for row in found], left=2)


def _cells(row: Row, seed: Row) -> tuple[str, ...]:
    training = ("-", "-") if row.seconds is None else _speed(row.seconds, seed.seconds)
    return (row.title, row.settings, *training, *_speed(row.whole, seed.whole), f"{100 * row.accuracy:.2f}")


def _speed(seconds: float, seed: float | None) -> tuple[str, str]:
    return f"{seconds:.2f}", f"{_ratio(seed, seconds):.1f}x"


def _ratio(slower: float | None, faster: float | None) -> float:
    assert slower is not None
    assert faster is not None
    return slower / faster


def _versions(found: list[Row]) -> str:
    known = {name: version for row in found for name, version in row.versions.items() if name != "numpy"}
    return ", ".join(f"{name} {version}" for name, version in known.items())
