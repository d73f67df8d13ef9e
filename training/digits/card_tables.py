"""The tables of the model card."""

from collections.abc import Callable, Mapping, Sequence
from statistics import mean

from inference.bundle import Bundle
from training.digits import robustness
from training.digits.assessment import Assessment
from training.digits.robustness import ChallengeOutcome
from training.digits.targets import TARGETS
from training.evaluation.interval import wilson
from training.evaluation.measurement import per_class
from training.reports.errors_sheet import surest
from training.reports.markdown import percent, table

_WORST = 10
_Cell = Callable[[Assessment], str]


def identities(assessments: Sequence[Assessment]) -> str:
    """Return the identities of the bundles; a column each."""
    rows: dict[str, _Cell] = {
        "model": lambda a: (
            f"multilayer perceptron, {'-'.join(map(str, a.bundle.metadata.architecture['sizes']))}, ReLU"
        ),
        "parameters": lambda a: f"{a.parameters:,}",
        "preset and seed": lambda a: f"`{a.bundle.metadata.preset}`, {a.bundle.metadata.seed}",
        "weights, sha256": lambda a: f"`{a.bundle.sha256}`",
        "trained with": lambda a: ", ".join(f"{name} {of}" for name, of in sorted(a.bundle.metadata.versions.items())),
        "made by": lambda a: f"`scripts/train --preset {a.bundle.metadata.preset} --seed {a.bundle.metadata.seed}`",
        "training took": _timing,
    }
    return _columns(assessments, rows, left=len(assessments) + 1)


def targets(assessments: Sequence[Assessment]) -> str:
    """Return the targets and the measured values."""
    head = ("", "target", *(f"{one.name} (seed {one.bundle.metadata.seed})" for one in assessments))
    rows = [(target.what, target.bound, *(target.verdict(one) for one in assessments)) for target in TARGETS]
    return table(head, rows, left=2)


def results(assessments: Sequence[Assessment]) -> str:
    """The test set's figures; a column each."""
    rows: dict[str, _Cell] = {
        "accuracy, %": lambda a: percent(a.figures.accuracy),
        "95 % interval, %": lambda a: _interval(a.figures.examples - a.figures.errors, a.figures.examples),
        "errors": lambda a: f"{a.figures.errors}",
        "negative log likelihood, nats": lambda a: f"{a.figures.nll:.4f}",
        "expected calibration error before temperature, %": lambda a: percent(a.figures.uncalibrated_error),
        "expected calibration error after, %": lambda a: percent(a.figures.calibration_error),
        "temperature": lambda a: f"{a.bundle.metadata.temperature:.3f}",
        "threshold": lambda a: f"{a.bundle.metadata.threshold:.4f}",
        "accepted, %": lambda a: percent(a.figures.accepted),
        "right of the accepted, %": lambda a: f"{100 * a.figures.accepted_accuracy:.3f}",
        "95 % interval of that, %": _accepted_interval,
        "wrong of the accepted": lambda a: f"{_accepted_errors(a)}",
    }
    return _columns(assessments, rows)


def seeds(group: Sequence[Assessment]) -> str:
    """One preset's bundles, a row each, with their mean and range."""
    columns: dict[str, tuple[Callable[[Assessment], float], str]] = {
        "right, %": (lambda a: 100 * a.figures.accuracy, ".2f"),
        "errors": (lambda a: a.figures.errors, ".4g"),
        "NLL, nats": (lambda a: a.figures.nll, ".4f"),
        "calibration error, %": (lambda a: 100 * a.figures.calibration_error, ".2f"),
        "accepted, %": (lambda a: 100 * a.figures.accepted, ".2f"),
        "right of these, %": (lambda a: 100 * a.figures.accepted_accuracy, ".3f"),
        "training, s": (lambda a: a.training["seconds"] if a.training else float("nan"), ",.0f"),
    }
    figures = [([of(assessment) for assessment in group], form) for of, form in columns.values()]
    names = [f"{assessment.bundle.metadata.seed}" for assessment in group]
    rows = [(name, *(format(values[row], form) for values, form in figures)) for row, name in enumerate(names)]
    average = ("mean", *(format(mean(values), form) for values, form in figures))
    span = ("range", *(f"{min(values):{form}} to {max(values):{form}}" for values, form in figures))
    return table(("seed", *columns), [*rows, average, span])


def per_digit(assessment: Assessment) -> str:
    head = (f"{assessment.name}: digit", "images", "precision, %", "recall, %", "F1, %")
    rows = [
        (f"{digit.index}", f"{digit.examples}", percent(digit.precision), percent(digit.recall), percent(digit.f1))
        for digit in per_class(assessment.figures)
    ]
    return table(head, rows, left=0)


def refusals(groups: Mapping[str, Sequence[ChallengeOutcome]]) -> str:
    """Rows: the families; for each bundle, by its name, the share that is not accepted and the mean confidence."""
    head = ["family", "images"]
    for name in groups:
        head += [f"{name}: not accepted, %", "mean confidence"]
    return table(head, _outcomes(list(groups.values()), lambda one: [percent(one.rejected), f"{one.confidence:.2f}"]))


def foreign(assessments: Sequence[Assessment]) -> str:
    """Rows: the sources; for each bundle accuracy, accepted share and accuracy of the accepted."""
    head = ["digits", "images"]
    for assessment in assessments:
        head += [f"{assessment.name}: right, %", "accepted, %", "right of these, %"]
    return table(head, _outcomes([assessment.foreign for assessment in assessments], _reading))


def _outcomes(
    outcomes: Sequence[Sequence[ChallengeOutcome]], cells: Callable[[ChallengeOutcome], list[str]]
) -> list[list[str]]:
    """A row for each challenge and one for all, if there are several; ``outcomes``: one list for each bundle."""
    everything = [[*group, robustness.total(group, "all")] if len(group) > 1 else [*group] for group in outcomes]
    return [
        [same[0].name, f"{same[0].images:,}", *(cell for group in same for cell in cells(group))]
        for same in zip(*everything, strict=True)
    ]


def _reading(outcome: ChallengeOutcome) -> list[str]:
    right = percent((outcome.accepted_right or 0) / outcome.accepted) if outcome.accepted else "-"
    return [percent(outcome.accuracy), percent(outcome.accepted / outcome.images), right]


def worst(assessment: Assessment) -> str:
    """The errors of which the bundle is surest."""
    head = ("test image", "label", "prediction", "confidence", "accepted")
    predictions, labels = assessment.predictions, assessment.test.labels
    rows = [
        (
            f"{i}",
            f"{labels[i]}",
            f"{predictions.classes[i]}",
            f"{predictions.confidences[i]:.4f}",
            "yes" if predictions.accepted[i] else "no",
        )
        for i in surest(assessment.test, predictions)[:_WORST]
    ]
    return table(head, rows, left=0)


def checksums(bundle: Bundle) -> str:
    rows = [(f"`{name}`", f"`{checksum}`") for name, checksum in sorted(bundle.metadata.data.items())]
    return table(("file", "MD5"), rows, left=2)


def _columns(assessments: Sequence[Assessment], rows: dict[str, _Cell], left: int = 1) -> str:
    return table(
        ("", *(f"`{assessment.name}`" for assessment in assessments)),
        [(n, *map(of, assessments)) for n, of in rows.items()],
        left,
    )


def _timing(assessment: Assessment) -> str:
    known = assessment.training
    if known is None:
        return "not recorded"
    speed = f"{len(known['history'])} epochs at {known['images_per_second']:,.0f} images/s"
    return f"{known['seconds']:,.0f} s: {speed} on {known['threads']} CPU threads"


def _accepted_errors(assessment: Assessment) -> int:
    predictions = assessment.predictions
    return int((predictions.accepted & (predictions.classes != assessment.test.labels)).sum())


def _accepted_interval(assessment: Assessment) -> str:
    accepted = int(assessment.predictions.accepted.sum())
    return _interval(accepted - _accepted_errors(assessment), accepted, 3)


def _interval(hits: int, count: int, places: int = 2) -> str:
    return " to ".join(f"{100 * end:.{places}f}" for end in wilson(hits, count))
