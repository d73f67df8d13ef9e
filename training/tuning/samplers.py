"""Samplers of hyperparameters, and pruners of trials."""

import random
from collections.abc import Sequence
from typing import Any

from optuna.distributions import BaseDistribution
from optuna.pruners import BasePruner, HyperbandPruner, MedianPruner, NopPruner
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from training.tuning.ranges import Label
from training.tuning.space import Space

SAMPLERS, PRUNERS = ("tpe", "random", "grid"), ("median", "hyperband", "none")
_STARTUP = 5  # trials before the median is worth something


def sampler(name: str, space: Space, seed: int) -> BaseSampler:
    """Raises ValueError for a grid over ranges without an end of values."""
    if name == "grid":
        return Grid(space.points(), seed)
    return Seeded(TPESampler if name == "tpe" else RandomSampler, seed)


def pruner(name: str, epochs: int, folds: int) -> BasePruner:
    """None of them ends a trial in the first third of its first fold: the learning rate has not come down yet."""
    first = max(1, epochs // 3)
    if name == "hyperband":
        return HyperbandPruner(min_resource=first, max_resource=epochs + folds - 1)
    return MedianPruner(_STARTUP, n_warmup_steps=first) if name == "median" else NopPruner()


class Seeded(BaseSampler):
    """Draws each trial from a generator of its own, seeded by its number.

    A study that was stopped goes on with the draws that it would have had, and no two processes draw the same.
    """

    def __init__(self, kind: type[TPESampler] | type[RandomSampler], seed: int) -> None:
        self._kind, self._seed = kind, seed
        self._drawing: BaseSampler = kind(seed=seed)

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        self._drawing = self._kind(seed=(self._seed * 1_000_003 + trial.number) % 2**32)
        self._drawing.before_trial(study, trial)

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        return self._drawing.infer_relative_search_space(study, trial)

    def sample_relative(self, study: Study, trial: FrozenTrial, space: dict[str, BaseDistribution]) -> dict[str, Any]:
        return self._drawing.sample_relative(study, trial, space)

    def sample_independent(self, study: Study, trial: FrozenTrial, name: str, distribution: BaseDistribution) -> Any:
        return self._drawing.sample_independent(study, trial, name, distribution)

    def after_trial(self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None) -> None:
        self._drawing.after_trial(study, trial, state, values)


class Grid(BaseSampler):
    """Visits every point once, in a shuffled order.

    Optuna's own grid hands out points by the trials' numbers: after a killed trial, or with several processes, it
    leaves out some and visits others twice.
    """

    def __init__(self, points: list[dict[str, Label]], seed: int) -> None:
        self._points, self._seed = points, seed
        self._point: dict[str, Label] = {}

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        trials = study.get_trials(deepcopy=False)
        taken = [other.params for other in trials if other.state != TrialState.FAIL and other.number != trial.number]
        free = [point for point in self._points if point not in taken]
        self._point = random.Random(f"{self._seed} {trial.number}").choice(free or self._points)  # noqa: S311

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        return {}

    def sample_relative(self, study: Study, trial: FrozenTrial, space: dict[str, BaseDistribution]) -> dict[str, Any]:
        return {}

    def sample_independent(self, study: Study, trial: FrozenTrial, name: str, distribution: BaseDistribution) -> Any:
        return self._point[name]
