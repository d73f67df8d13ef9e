"""Importance of hyperparameters."""

import optuna
from optuna.importance import FanovaImportanceEvaluator

from training.tuning.study import Study, accuracy

LEAST = 4  # complete trials, under which no importance can be told


def importances(study: Study) -> dict[str, float]:
    """Return the share of the accuracy's variance that each explains alone, in descending order; the shares sum to 1.

    Functional ANOVA on a random forest of the complete trials (Hutter, Hoos and Leyton-Brown, 2014).
    Empty if there are too few trials, or all are equally good.
    """
    complete = study.complete
    if len(complete) < LEAST or len({accuracy(trial) for trial in complete}) < 2:
        return {}
    return optuna.importance.get_param_importances(
        study.optuna_study, evaluator=FanovaImportanceEvaluator(seed=study.settings.seed)
    )
