"""What is compared, and what it becomes once it is fitted."""

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

Digits = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Model:
    """A fitted candidate.

    predict  digits int64 (n,) of uint8 images (n, 28, 28), n >= 1
    size     how much it keeps in order to predict, counted in ``unit``
    """

    predict: Callable[[Images], Digits]
    size: int
    unit: str


class Candidate(Protocol):
    """Something that can be fitted to images uint8 (n, 28, 28) and labels 0..9.

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
