"""Training methods to compare, the settings to try for each, and their results."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean, median
from typing import Any

from training.fit.presets import Preset
from training.selection.jobs import Result

LOSSES = {"cross_entropy": "cross-entropy", "mean_squared_error": "mean squared error"}
REGULARISERS = "regularisers"

_EPOCHS = 12
_QUICK_EPOCHS = 2
_RATE = "learning_rate"
_OPTIMIZERS: dict[str, tuple[dict[str, Any], tuple[float, ...]]] = {  # fields to set, learning rates to try
    "BGD": ({"optimizer": "bgd"}, (0.1, 0.3, 1.0, 3.0, 10.0)),
    "SGD": ({"optimizer": "sgd"}, (0.03, 0.1, 0.3, 1.0, 3.0)),
    "SGD with momentum 0.9": ({"optimizer": "sgd", "momentum": 0.9}, (0.003, 0.01, 0.03, 0.1, 0.3)),
    "Adam": ({"optimizer": "adam"}, (0.0003, 0.001, 0.003, 0.01)),
    "AdamW, decay 0.01": ({"optimizer": "adamw", "weight_decay": 0.01}, (0.0003, 0.001, 0.003, 0.01)),
}
_BASE = "Adam"  # method that regularisers are added to
# Fields to set, field to choose, values to try.
_REGULARISERS: dict[str, tuple[dict[str, Any], str, tuple[float, ...]]] = {
    "L1": ({}, "l1", (1e-6, 1e-5, 1e-4)),
    "L2": ({}, "l2", (1e-5, 1e-4, 1e-3)),
    "decoupled weight decay": ({"optimizer": "adamw"}, "weight_decay", (0.01, 0.1, 1.0)),
    "dropout": ({}, "dropout", (0.1, 0.2, 0.4)),
    "label smoothing": ({}, "label_smoothing", (0.02, 0.05, 0.1)),
    "early stopping": ({}, "patience", (1, 2, 3)),
}


@dataclass(frozen=True)
class Method:
    """A training method.

    group   a loss, or REGULARISERS
    knob    field of Preset that is chosen by the validation accuracy
    values  values of this field to try
    preset  all other settings
    """

    group: str
    name: str
    knob: str
    values: tuple[float, ...]
    preset: Preset

    def at(self, value: float) -> Preset:
        return dataclasses.replace(self.preset, **{self.knob: value})  # type: ignore[arg-type]


def optimizers(*, quick: bool = False) -> list[Method]:
    """Return every optimizer with every loss; with ``quick``, with fewer epochs and two learning rates each."""
    base = Preset(hidden=(128,), epochs=_QUICK_EPOCHS if quick else _EPOCHS, batch=128, learning_rate=0.001)
    return [
        Method(loss, name, _RATE, rates[1:3] if quick else rates, dataclasses.replace(base, loss=loss, **settings))
        for loss in LOSSES
        for name, (settings, rates) in _OPTIMIZERS.items()
    ]


def is_base(group: str, name: str) -> bool:
    """Return whether regularisers are added to the method of this group and name."""
    return (group, name) == ("cross_entropy", _BASE)


def regularisers(base: Preset, *, quick: bool = False) -> list[Method]:
    """Return the regularisers, each added alone to ``base``; with ``quick``, with two strengths each."""
    return [
        Method(REGULARISERS, name, knob, values[:2] if quick else values, dataclasses.replace(base, **settings))
        for name, (settings, knob, values) in _REGULARISERS.items()
    ]


@dataclass(frozen=True)
class Setting:
    """A value that was tried, and its validation accuracy, 0..1, with the first seed."""

    value: float
    accuracy: float


@dataclass(frozen=True)
class MethodOutcome:
    """Result of a method at its chosen setting. Accuracies are 0..1, one for each seed.

    tried    all settings, in their order
    curves   for each seed, the validation accuracy after each epoch
    seconds  duration of a training, median over the seeds
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
    def family(self) -> str:
        """Return the name of the group for readers."""
        return LOSSES.get(self.group, self.group)

    @property
    def accuracy(self) -> float:
        return mean(self.accuracies)

    @property
    def at_edge(self) -> bool:
        """Return whether the chosen setting is the first or last that was tried: a better one may lie beyond."""
        return self.chosen in (self.tried[0].value, self.tried[-1].value)


def best_setting(tried: Sequence[Setting]) -> float:
    """Return the setting with the highest accuracy. Of equal settings, the first (the weakest) counts."""
    return max(tried, key=lambda setting: setting.accuracy).value


def outcome_of(method: Method, tried: Sequence[Setting], seeds: Sequence[Result]) -> MethodOutcome:
    return MethodOutcome(
        method.group,
        method.name,
        method.knob,
        tuple(tried),
        best_setting(tried),
        tuple(seed["accuracy"] for seed in seeds),
        tuple(seed["training_accuracy"] for seed in seeds),
        tuple(tuple(seed["curve"]) for seed in seeds),
        median(seed["seconds"] for seed in seeds),
    )
