"""The pictures of the model card."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from training.data.dataset import Examples
from training.digits import contact_sheet, first_layer, foreign_sheet
from training.digits.assessment import Assessment, grouped
from training.digits.targets import COVERAGE, RISK
from training.reports import errors_sheet, plots, reliability, risk_coverage
from training.reports.risk_coverage import Curve

Drawer = Callable[[Path], None]  # writes a PNG


def pictures(assessments: Sequence[Assessment], train: Examples) -> Mapping[str, Drawer]:
    """File name -> what draws it: of the first seed of each preset, apart and together."""
    mains = [group[0] for group in grouped(assessments)]
    found: dict[str, Drawer] = {
        "contact-sheet.png": partial(
            contact_sheet.draw, train, mains[0].test, mains[0].predictions, mains[0].augmentation
        ),
        "risk-coverage.png": partial(risk_coverage.draw, [_curve(each) for each in mains], COVERAGE, RISK),
    }
    for each in mains:
        found |= {f"{kind}-{each.name}.png": drawer for kind, drawer in _of_one(each).items()}
    return found


def _curve(each: Assessment) -> Curve:
    return risk_coverage.curve(
        each.name, each.predictions.confidences, each.calibrated.right, each.predictions.accepted
    )


def _of_one(each: Assessment) -> dict[str, Drawer]:
    return {
        "reliability": partial(reliability.draw, each.uncalibrated, each.calibrated, each.name),
        "foreign": partial(foreign_sheet.draw, each.answered, each.name),
        "confusion": partial(plots.confusion, each.figures.confusion, each.bundle.labels, noun="digit"),
        "errors": partial(errors_sheet.draw, each.test, each.predictions, each.name),
        "weights": partial(first_layer.draw, each.bundle, each.name),
    }
