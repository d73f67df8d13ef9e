"""Candidates of a comparison, and the models that they fit."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from model.pixels import Images
from training.data.dataset import Examples

NETWORK = "network"
INTERPRETABLE = "interpretable"
BASELINE = "baseline"

Classes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Model:
    """A fitted candidate.

    predict  classes int64 (n,) of uint8 images (n, *shape), n >= 1
    size     how much it keeps in order to predict, counted in ``unit``
    """

    predict: Callable[[Images], Classes]
    size: int
    unit: str


class Candidate(Protocol):
    """Something that can be fitted to images uint8 (n, *shape) and their labels.

    kind    one of the three above
    recipe  everything that decides the fit, except images and seed
    """

    @property
    def name(self) -> str: ...

    @property
    def kind(self) -> str: ...

    @property
    def recipe(self) -> str: ...

    def fit(self, examples: Examples, seed: int) -> Model: ...
