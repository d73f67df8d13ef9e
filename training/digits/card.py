"""Model card: description, data and figures of the bundles, in Markdown."""

from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from statistics import mean

from training.digits import first_layer, robustness
from training.digits.assessment import Assessment, grouped
from training.digits.robustness import ChallengeOutcome
from training.digits.targets import TARGETS
from training.evaluation.interval import wilson
from training.evaluation.measurement import per_class
from training.reports import markdown, page
from training.reports.errors_sheet import surest

_SEED_COLUMNS: dict[str, tuple[Callable[[Assessment], float], str]] = {
    "right, %": (lambda a: 100 * a.figures.accuracy, ".2f"),
    "errors": (lambda a: a.figures.errors, ".4g"),
    "NLL, nats": (lambda a: a.figures.nll, ".4f"),
    "calibration error, %": (lambda a: 100 * a.figures.calibration_error, ".2f"),
    "accepted, %": (lambda a: 100 * a.figures.accepted, ".2f"),
    "right of these, %": (lambda a: 100 * a.figures.accepted_accuracy, ".3f"),
    "training, s": (lambda a: a.training["seconds"] if a.training else float("nan"), ",.0f"),
}


def render(assessments: Sequence[Assessment], command: str) -> str:
    """Return the card as Markdown.

    assessments  one or more, all of the same data
    command      command that generates the card
    """
    groups = grouped(assessments)
    return page.render(
        __file__,
        [per_class, robustness.total, surest, interval, seeds, side_by_side],
        command=command,
        groups=groups,
        mains=[group[0] for group in groups],
        columns=len(groups),
        all=list(chain(*groups)),
        targets=TARGETS,
        units=first_layer.UNITS,
    )


def interval(errors: int, count: int, places: int = 2) -> str:
    """Return Wilson's interval of the share of right predictions, in percent."""
    return " to ".join(f"{100 * end:.{places}f}" for end in wilson(count - errors, count))


def seeds(group: Sequence[Assessment]) -> str:
    """Return a table of the bundles of one preset, one row each, with their mean and range."""
    figures = [([of(assessment) for assessment in group], form) for of, form in _SEED_COLUMNS.values()]
    names = [f"{assessment.metadata.seed}" for assessment in group]
    rows = [(name, *(format(values[row], form) for values, form in figures)) for row, name in enumerate(names)]
    average = ("mean", *(format(mean(values), form) for values, form in figures))
    span = ("range", *(f"{min(values):{form}} to {max(values):{form}}" for values, form in figures))
    return markdown.table(("seed", *_SEED_COLUMNS), [*rows, average, span])


def side_by_side(groups: Iterable[Sequence[ChallengeOutcome]]) -> Iterable[tuple[ChallengeOutcome, ...]]:
    """Return a tuple of the outcomes for every bundle, for each challenge and for the total if there are several.

    groups  the outcomes of each bundle
    """
    everything = [[*group, robustness.total(group, "all")] if len(group) > 1 else group for group in groups]
    return zip(*everything, strict=True)
