"""Outcome of one way of training."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean, median

from training.selection.job import Result
from training.selection.method import Method


@dataclass(frozen=True)
class Setting:
    """A setting and the validation accuracy, 0..1, that it gave with the first seed."""

    value: float
    accuracy: float


@dataclass(frozen=True)
class MethodOutcome:
    """A method at its chosen setting, with every seed. Accuracies are 0..1, one for each seed.

    tried    all settings, in their order
    curves   for each seed, validation accuracy after each epoch
    seconds  of training, median over the seeds
    """

    group: str
    name: str
    knob: str
    tried: tuple[Setting, ...]
    chosen: float
    accuracies: tuple[float, ...]
    training_accuracies: tuple[float, ...]
    curves: tuple[tuple[float, ...], ...]
    seconds: float

    @property
    def accuracy(self) -> float:
        return mean(self.accuracies)

    @property
    def at_edge(self) -> bool:
        """The chosen setting is the first or last of those tried: a better one may lie beyond."""
        return self.chosen in (self.tried[0].value, self.tried[-1].value)


def best(tried: Sequence[Setting]) -> float:
    """The setting of the highest accuracy; of equals the one that was tried first, which is the weaker."""
    return max(tried, key=lambda setting: setting.accuracy).value


def of(method: Method, tried: Sequence[Setting], seeds: Sequence[Result]) -> MethodOutcome:
    return MethodOutcome(
        method.group,
        method.name,
        method.knob,
        tuple(tried),
        best(tried),
        tuple(seed["accuracy"] for seed in seeds),
        tuple(seed["training_accuracy"] for seed in seeds),
        tuple(tuple(seed["curve"]) for seed in seeds),
        median(seed["seconds"] for seed in seeds),
    )
