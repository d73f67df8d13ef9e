"""Targets of the models."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from training.digits import robustness
from training.digits.assessment import Assessment

COVERAGE = 0.97  # least share of accepted predictions for the test set
RISK = 0.001  # largest share of wrong predictions among the accepted
_BEST = "best"


@dataclass(frozen=True)
class ModelTarget:
    """Target for one figure of a model.

    bound    text of the bound
    measure  returns the figure, or None if there is none
    least    lower bound of the figure; ``most`` is the upper bound
    form     format of the figure, with its unit
    scale    factor before the figure is formatted
    preset   only preset that the target applies to; None: all presets
    """

    what: str
    bound: str
    measure: Callable[[Assessment], float | None]
    least: float = -math.inf
    most: float = math.inf
    form: str = "{:.2f} %"
    scale: float = 100.0
    preset: str | None = None

    def verdict(self, assessment: Assessment) -> str:
        """Return the figure, and whether it meets the target if the target applies."""
        figure = self.measure(assessment)
        if figure is None:
            return "not measured"
        text = self.form.format(self.scale * figure)
        if self.preset not in (None, assessment.bundle.metadata.preset):
            return text
        return f"{text}, {'met' if self.least - 1e-12 <= figure <= self.most else '**missed**'}"


def _rejected(assessment: Assessment) -> float | None:
    outcomes = assessment.no_digits
    return robustness.total(outcomes, "all").rejected if outcomes else None


def _foreign(beginning: str) -> Callable[[Assessment], float | None]:
    """Return a function for the accuracy on all challenges together whose name begins with ``beginning``."""

    def accuracy(assessment: Assessment) -> float | None:
        outcomes = [outcome for outcome in assessment.foreign if outcome.name.startswith(beginning)]
        return robustness.total(outcomes, beginning).accuracy if outcomes else None

    return accuracy


TARGETS: Sequence[ModelTarget] = (
    ModelTarget("test images that are right", "≥ 99.50 %", lambda a: a.figures.accuracy, 0.995, preset=_BEST),
    ModelTarget("the same, the goal", "≥ 99.65 %", lambda a: a.figures.accuracy, 0.9965, preset=_BEST),
    ModelTarget(
        "training time",
        "≤ 30 min",
        lambda a: a.training["seconds"] if a.training else None,
        most=1800.0,
        form="{:.1f} min",
        scale=1 / 60,
        preset=_BEST,
    ),
    ModelTarget("expected calibration error", "≤ 0.50 %", lambda a: a.figures.calibration_error, most=0.005),
    ModelTarget(
        "accepted predictions that are right",
        "≥ 99.90 %",
        lambda a: a.figures.accepted_accuracy,
        1 - RISK,
        form="{:.3f} %",
    ),
    ModelTarget("test images that are accepted", "≥ 97 %", lambda a: a.figures.accepted, COVERAGE),
    ModelTarget("pictures of no digit that are not accepted", "≥ 95 %", _rejected, 0.95),
    ModelTarget("drawn digits that are right", "≥ 97 %", _foreign("drawn"), 0.97),
    ModelTarget("scanned digits that are right", "≥ 90 %", _foreign("scan"), 0.90),
)
