"""Targets of the models, beside the measured values."""

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

    bound    as it is text
    measure  the figure, or None where there is none
    met      whether a figure is good enough
    text     how a figure is written
    preset   the only one of which it is demanded, or None: of all
    """

    what: str
    bound: str
    measure: Callable[[Assessment], float | None]
    met: Callable[[float], bool]
    text: Callable[[float], str]
    preset: str | None = None

    def verdict(self, assessment: Assessment) -> str:
        """The figure and, where it is demanded, whether it is met."""
        figure = self.measure(assessment)
        if figure is None:
            return "not measured"
        if self.preset not in (None, assessment.bundle.metadata.preset):
            return self.text(figure)
        return f"{self.text(figure)}, {'met' if self.met(figure) else '**missed**'}"


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.1f} min"


def _seconds(assessment: Assessment) -> float | None:
    return assessment.training["seconds"] if assessment.training else None


def _rejected(assessment: Assessment) -> float | None:
    outcomes = assessment.no_digits
    return robustness.total(outcomes, "all").rejected if outcomes else None


def _foreign(beginning: str) -> Callable[[Assessment], float | None]:
    """Accuracy on all challenges whose name begins so, together."""

    def accuracy(assessment: Assessment) -> float | None:
        outcomes = [outcome for outcome in assessment.foreign if outcome.name.startswith(beginning)]
        return robustness.total(outcomes, beginning).accuracy if outcomes else None

    return accuracy


def _least(share: float) -> Callable[[float], bool]:
    return lambda figure: figure >= share - 1e-12


TARGETS: Sequence[ModelTarget] = (
    ModelTarget(
        "test images that are right", "≥ 99.50 %", lambda a: a.figures.accuracy, _least(0.995), _percent, preset=_BEST
    ),
    ModelTarget(
        "the same, the goal", "≥ 99.65 %", lambda a: a.figures.accuracy, _least(0.9965), _percent, preset=_BEST
    ),
    ModelTarget("training time", "≤ 30 min", _seconds, lambda seconds: seconds <= 1800, _minutes, preset=_BEST),
    ModelTarget(
        "expected calibration error",
        "≤ 0.50 %",
        lambda a: a.figures.calibration_error,
        lambda error: error <= 0.005,
        _percent,
    ),
    ModelTarget(
        "accepted predictions that are right",
        "≥ 99.90 %",
        lambda a: a.figures.accepted_accuracy,
        _least(1 - RISK),
        lambda share: f"{100 * share:.3f} %",
    ),
    ModelTarget("test images that are accepted", "≥ 97 %", lambda a: a.figures.accepted, _least(COVERAGE), _percent),
    ModelTarget("pictures of no digit that are not accepted", "≥ 95 %", _rejected, _least(0.95), _percent),
    ModelTarget("drawn digits that are right", "≥ 97 %", _foreign("drawn"), _least(0.97), _percent),
    ModelTarget("scanned digits that are right", "≥ 90 %", _foreign("scan"), _least(0.90), _percent),
)
