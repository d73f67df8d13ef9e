"""Targets of the models, beside the measured values."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from training.digits import robustness
from training.digits.assessment import Assessment

COVERAGE = 0.97  # least share of the test set that is accepted
RISK = 0.001  # most of the accepted that may be wrong
_BEST = "best"


@dataclass(frozen=True)
class ModelTarget:
    """One demand.

    bound    in words
    measure  the figure, or None where there is none
    least    a figure under it is not good enough, ``most``: one over it
    form     how a figure is written, with its unit
    scale    of what is written
    preset   the only one of which it is demanded, or None: of all
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
        """The figure and, where it is demanded, whether it is met."""
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
    """Accuracy on all challenges whose name begins so, together."""

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
