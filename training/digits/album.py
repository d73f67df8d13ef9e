"""Plots of the model card."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from training.data.dataset import Examples
from training.digits import contact_sheet, first_layer, foreign_sheet
from training.digits.assessment import Assessment, grouped
from training.digits.targets import COVERAGE, RISK
from training.reports import errors_sheet, plots, reliability, risk_coverage

Drawer = Callable[[Path], None]  # writes a PNG


def pictures(assessments: Sequence[Assessment], train: Examples) -> Mapping[str, Drawer]:
    """Return the functions that draw the plots, by file name: of the first seed of each preset, apart and together."""
    mains = [group[0] for group in grouped(assessments)]
    curves = [risk_coverage.curve(one.name, one.predictions, one.calibrated.right) for one in mains]
    drawers: dict[str, Drawer] = {
        "contact-sheet.png": partial(
            contact_sheet.draw, train, mains[0].test, mains[0].predictions, mains[0].augmentation
        ),
        "risk-coverage.png": partial(risk_coverage.draw, curves, COVERAGE, RISK),
    }
    for assessment in mains:
        drawers |= {f"{kind}-{assessment.name}.png": drawer for kind, drawer in _of_one(assessment).items()}
    return drawers


def _of_one(assessment: Assessment) -> dict[str, Drawer]:
    return {
        "reliability": partial(reliability.draw, assessment.uncalibrated, assessment.calibrated, assessment.name),
        "foreign": partial(foreign_sheet.draw, assessment.answered, assessment.name),
        "confusion": partial(plots.confusion, assessment.figures.confusion, assessment.bundle.labels, noun="digit"),
        "errors": partial(errors_sheet.draw, assessment.test, assessment.predictions, assessment.name),
        "weights": partial(first_layer.draw, assessment.bundle, assessment.name),
    }
