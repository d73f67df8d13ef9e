"""The mathematics of training at equal budget, from prepared data to the report."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from training.fit.presets import Preset
from training.reports import folders
from training.selection import methods, methods_report
from training.selection.conditions import Conditions
from training.selection.jobs import TrainingRun
from training.selection.methods import Method, MethodOutcome, Setting
from training.selection.runner import JobRunner

SEEDS = 3


@dataclass(frozen=True)
class MethodComparison:
    """Comparison of methods.

    preset              what all methods have in common
    images, validation  how many the networks were trained and judged on
    """

    outcomes: list[MethodOutcome]
    preset: Preset
    images: int
    validation: int
    name = "methods"

    @property
    def table(self) -> str:
        return methods_report.results(self.outcomes)

    def write(self, conditions: Conditions, docs: Path) -> None:
        """Write the page, its picture and its figures. Raises OSError."""
        text = methods_report.render(**vars(self), conditions=conditions)
        figures = vars(self) | {"conditions": conditions}
        folders.publish(self.name, docs, methods_report.draw(self.outcomes), figures, text)


def compare(runner: JobRunner, seed: int, *, quick: bool = False) -> MethodComparison:
    """Choose the setting of each method with the first seed, then train it with two more.

    Killed and called again, it goes on where it was. Raises what ``runner.finish`` raises.
    """
    optimizers = methods.optimizers(quick=quick)
    (base,) = (method_ for method_ in optimizers if methods.is_base(method_.group, method_.name))
    names = (*optimizers, *methods.regularisers(base.preset, quick=quick))
    with runner.bar(sum(len(method_.values) + SEEDS for method_ in names)):
        tried = _tried(optimizers, runner, seed)
        rate = methods.best_setting(tried[optimizers.index(base)])
        regularisers = methods.regularisers(base.at(rate), quick=quick)
        tried += _tried(regularisers, runner, seed)
        outcomes = _outcomes([*optimizers, *regularisers], tried, runner, seed)
    return MethodComparison(outcomes, base.preset, len(runner.material.train), len(runner.material.validation))


def _tried(ways: Sequence[Method], runner: JobRunner, seed: int) -> list[list[Setting]]:
    """For each method, each of its settings with one seed."""
    results = iter(runner.finish([_attempt(method, value, seed) for method in ways for value in method.values]))
    return [[Setting(value, next(results)["accuracy"]) for value in method.values] for method in ways]


def _outcomes(
    ways: Sequence[Method], tried: Sequence[Sequence[Setting]], runner: JobRunner, seed: int
) -> list[MethodOutcome]:
    pairs = [(method, methods.best_setting(its)) for method, its in zip(ways, tried, strict=True)]
    results = runner.finish([_attempt(*pair, seed + more) for pair in pairs for more in range(SEEDS)])
    by_method = [results[place * SEEDS : (place + 1) * SEEDS] for place in range(len(ways))]
    return [methods.outcome_of(*parts) for parts in zip(ways, tried, by_method, strict=True)]


def _attempt(method: Method, value: float, seed: int) -> TrainingRun:
    return TrainingRun(f"{method.name}, {method.group}, {method.knob} {value:g}", method.at(value), seed)
