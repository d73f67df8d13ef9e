"""The mathematics of training at equal budget, from prepared data to the report."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from inference import files
from training.fit.presets import Preset
from training.reports import folders, plots
from training.selection import method, methods_picture, methods_report, outcome
from training.selection.conditions import Conditions
from training.selection.method import Method
from training.selection.outcome import MethodOutcome, Setting
from training.selection.runner import JobRunner
from training.selection.training_run import TrainingRun

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
        """Write the page and its picture below ``docs``, and the figures in results/ next to it. Raises OSError."""
        plots.save(methods_picture.draw(self.outcomes), docs / "images" / f"{self.name}.png")
        files.replace_json(
            folders.results(docs) / f"{self.name}.json", asdict(self) | {"conditions": asdict(conditions)}
        )
        judged = f"Trained on {self.images:,} {conditions.source}, judged on {self.validation:,} others."
        text = methods_report.render(self.outcomes, judged, self.preset, conditions)
        files.replace(docs / f"{self.name}.md", text.encode())


def compare(runner: JobRunner, seed: int, *, quick: bool = False) -> MethodComparison:
    """Choose the setting of each method with the first seed, then train it with two more.

    Killed and called again, it goes on where it was. Raises what ``runner.finish`` raises.
    """
    optimizers = method.optimizers(quick=quick)
    (base,) = (method_ for method_ in optimizers if method.is_base(method_.group, method_.name))
    names = (*optimizers, *method.regularisers(base.preset, quick=quick))
    with runner.bar(sum(len(method_.values) + SEEDS for method_ in names)):
        tried = _tried(optimizers, runner, seed)
        rate = outcome.best(tried[optimizers.index(base)])
        regularisers = method.regularisers(base.at(rate), quick=quick)
        tried += _tried(regularisers, runner, seed)
        outcomes = _outcomes([*optimizers, *regularisers], tried, runner, seed)
    return MethodComparison(outcomes, base.preset, len(runner.material.train), len(runner.material.validation))


def _tried(methods: Sequence[Method], runner: JobRunner, seed: int) -> list[list[Setting]]:
    """For each method, each of its settings with one seed."""
    results = iter(runner.finish([_attempt(method_, value, seed) for method_ in methods for value in method_.values]))
    return [[Setting(value, next(results)["accuracy"]) for value in method_.values] for method_ in methods]


def _outcomes(
    methods: Sequence[Method], tried: Sequence[Sequence[Setting]], runner: JobRunner, seed: int
) -> list[MethodOutcome]:
    chosen = [outcome.best(its) for its in tried]
    pairs = list(zip(methods, chosen, strict=True))
    results = runner.finish([_attempt(*pair, seed + more) for pair in pairs for more in range(SEEDS)])
    by_method = [results[place * SEEDS : (place + 1) * SEEDS] for place in range(len(methods))]
    return [outcome.of(*parts) for parts in zip(methods, tried, by_method, strict=True)]


def _attempt(method: Method, value: float, seed: int) -> TrainingRun:
    return TrainingRun(f"{method.name}, {method.group}, {method.knob} {value:g}", method.at(value), seed)
