"""Report of a study in Markdown, and its best trial as a preset."""

import shlex
from pathlib import Path

import optuna
from optuna.importance import FanovaImportanceEvaluator
from optuna.trial import FrozenTrial

from inference import files
from training.fit import presets
from training.reports import markdown, page
from training.tuning import space, tuning_plots
from training.tuning.study import ACCURACIES, Study, accuracy

_SHOWN = 10
_LEAST = 4  # least number of complete trials for an estimate of importance


def write(study: Study, docs: Path, winner: Path, grace: int) -> None:
    """Write the report into ``docs``, its plots into ``docs``/images, and the best trial as the preset file ``winner``.

    Raises ValueError if no trial is complete yet, and OSError if a file cannot be written.
    """
    if not study.complete:
        raise ValueError(f"no trial of the study {study.name!r} is complete yet: there is nothing to report")
    settings, weights = study.settings, importances(study)
    preset = presets.dumps(settings.space.preset(settings.preset, study.complete[0].params))
    files.replace(winner, preset.encode())
    tuning_plots.draw(study, weights, docs / "images")
    files.replace(docs / "tuning.md", render(study, preset, weights, grace).encode())


def importances(study: Study) -> dict[str, float]:
    """Return the importance of each hyperparameter, in descending order. The importances sum to 1.

    The importance is the share of the accuracy's variance that the hyperparameter explains alone. It comes from
    functional ANOVA on a random forest of the complete trials (Hutter, Hoos and Leyton-Brown, 2014).
    The result is empty if there are too few trials, or all are equally good.
    """
    if len(study.complete) < _LEAST or len(set(map(accuracy, study.complete))) < 2:
        return {}
    return optuna.importance.get_param_importances(
        study.optuna_study, evaluator=FanovaImportanceEvaluator(seed=study.settings.seed)
    )


def render(study: Study, winner: str, weights: dict[str, float], grace: int) -> str:
    """Return the report.

    winner  content of the preset file of the best trial
    """
    base = study.settings.space.labels(study.settings.base_preset)
    return page.render(
        __file__,
        [command, table, accuracy, space.described],
        study=study,
        settings=study.settings,
        preset=winner.strip(),
        weights=weights,
        grace=grace,
        base=next((trial for trial in study.complete if trial.params == base), None),
        minutes=sum(trial.duration.total_seconds() for trial in study.finished if trial.duration) / 60,
    )


def command(study: Study) -> str:
    """Return the command that repeats the study."""
    known = study.settings
    options = {"study": study.name, "base": known.base, "epochs": known.preset["epochs"], "images": known.images}
    options |= {"folds": known.folds, "sampler": known.sampler, "pruner": known.pruner, "seed": known.seed}
    if known.searched not in ("space.toml", "grid.toml"):
        options["space"] = known.searched
    options["trials"] = study.goal
    words = (word for name, value in options.items() for word in (f"--{name}", str(value)))
    return shlex.join(["scripts/tune", *words])


def table(study: Study) -> str:
    """Return a table of the best trials, the most accurate first."""
    names = list(study.settings.space.ranges)
    rows = [_row(place, trial, names) for place, trial in enumerate(study.complete[:_SHOWN], 1)]
    return markdown.table(("", "trial", "accuracy, %", *(f"`{name}`" for name in names)), rows, left=1)


def _row(place: int, trial: FrozenTrial, names: list[str]) -> tuple[str, ...]:
    values = (trial.params[name] for name in names)
    return (str(place), str(trial.number), markdown.spread(trial.user_attrs[ACCURACIES]), *map(space.shown, values))
