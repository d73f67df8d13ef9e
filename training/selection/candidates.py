"""Candidates of the comparison of models."""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from inference.bundle import Bundle, Metadata
from inference.classifier import Classifier
from model import SPEC
from model.network import MLP
from model.pixels import PIXELS, Images
from training.data.dataset import Examples
from training.fit import loop, presets
from training.fit.presets import Preset

NETWORK = "network"
INTERPRETABLE = "interpretable"
BASELINE = "baseline"

Classes = npt.NDArray[np.int64]


Estimator = Any  # scikit-learn has no types


@dataclass(frozen=True)
class Model:
    """A fitted candidate.

    predict    maps uint8 images (n, *shape), n >= 1, to classes int64 (n,)
    size       number of stored values that a prediction needs; ``unit`` names them
    estimator  scikit-learn's; None for a network
    """

    predict: Callable[[Images], Classes]
    size: int
    unit: str
    estimator: Estimator = None


@dataclass(frozen=True)
class Candidate:
    """A model that can be fitted to images uint8 (n, *shape) and their labels, with a seed.

    kind    NETWORK, INTERPRETABLE or BASELINE
    recipe  all settings of the fit except images and seed
    """

    name: str
    kind: str
    recipe: str
    fit: Callable[[Examples, int], Model]


def classical(name: str, kind: str, unfitted: Estimator) -> Candidate:
    """Return a scikit-learn estimator as a candidate. Its recipe has the settings that differ from the defaults.

    unfitted  estimator of float32 (n, pixels), 0..1; each random state that it needs is 0
    """
    return Candidate(name, kind, " ".join(repr(unfitted).split()), partial(_fit_estimator, unfitted))


def _fit_estimator(unfitted: Estimator, examples: Examples, seed: int) -> Model:
    settings = unfitted.get_params()
    seeds = {name: seed for name, value in settings.items() if name.endswith("random_state") and value is not None}
    fitted = clone(unfitted).set_params(**seeds).fit(to_features(examples.images), examples.labels)

    def predict(images: Images) -> Classes:
        return np.asarray(fitted.predict(to_features(images)), dtype=np.int64)

    return Model(predict, *_size(fitted), fitted)


def to_features(images: Images) -> npt.NDArray[np.float32]:
    """Convert uint8 (n, *shape), 0..255, to float32 (n, pixels), 0..1, as the network receives them."""
    return images.reshape(len(images), PIXELS).astype(np.float32) / np.float32(255.0)


def _size(fitted: Estimator) -> tuple[int, str]:
    """Return the number of values that a fitted estimator stores for its predictions, and their unit."""
    last = fitted[-1] if isinstance(fitted, Pipeline) else fitted
    if isinstance(last, LogisticRegression):
        return int(last.coef_.size + last.intercept_.size), "weights"
    if isinstance(last, DecisionTreeClassifier):
        return int(last.tree_.node_count), "nodes"
    if isinstance(last, KNeighborsClassifier):
        return int(last.n_samples_fit_ * last.n_features_in_), "stored numbers"
    return int(last.support_vectors_.size), "numbers in support vectors"


def network(preset: Preset) -> Candidate:
    """Return an MLP as a candidate. ``training.fit.loop`` trains it; it predicts with the code that serves it."""
    name = f"MLP {'-'.join(map(str, preset.hidden)) or 'without hidden layer'}"
    return Candidate(name, NETWORK, changed(preset), partial(_fit_network, preset))


def _fit_network(preset: Preset, examples: Examples, seed: int) -> Model:
    looked_at = examples[np.arange(1)]  # the loop needs a validation set, but must not see the held-out images
    return served(loop.fit(preset, examples, looked_at, seed, threads=1, progress=False).mlp, seed)


def served(network: MLP, seed: int) -> Model:
    """Return a trained network as the service runs it."""
    arrays = network.folded().arrays()
    classifier = Classifier(Bundle(arrays, Metadata("", network.architecture, seed), "", SPEC))
    return Model(lambda images: classifier.predict(images).classes, sum(map(np.size, arrays.values())), "weights")


def changed(preset: Preset) -> str:
    """Return the settings of a preset that differ from the defaults, as in presets.toml."""
    return ", ".join(f"{name} = {value}" for name, value in presets.changed(preset).items() if value)


_COMPONENTS = PCA(50, svd_solver="covariance_eigh", random_state=0)
LOGISTIC_REGRESSION = classical(  # ``coef_`` (classes, pixels) and ``intercept_`` (classes,): a picture for each class
    "logistic regression", INTERPRETABLE, LogisticRegression(C=0.1, tol=0.001, max_iter=1000, random_state=0)
)
DECISION_TREE = classical(  # leaves of five images or more, because smaller ones overfit to single images
    "decision tree", INTERPRETABLE, DecisionTreeClassifier(min_samples_leaf=5, random_state=0)
)
NEAREST = classical(
    "nearest neighbours",
    BASELINE,
    make_pipeline(_COMPONENTS, KNeighborsClassifier(3, weights="distance", algorithm="brute")),
)
SUPPORT_VECTORS = classical("RBF support vectors", BASELINE, make_pipeline(_COMPONENTS, SVC(C=10.0, cache_size=500)))

_WIDTHS = ((), (64,), (128,), (512,), (128, 64), (512, 256), (1024, 512), (512, 512, 512))
_RECIPE = Preset(  # the default preset without augmentation, so that all candidates get the same images
    hidden=(),
    epochs=10,
    batch=256,
    learning_rate=0.003,
    warm_up=0.2,
    batch_norm=True,
    dropout=0.1,
    weight_decay=0.01,
)


def table(*, quick: bool = False) -> list[Candidate]:
    """Return all candidates. The networks share one recipe; the ``quick`` recipe is for a few hundred images."""
    recipe = dataclasses.replace(_RECIPE, epochs=3, batch=32) if quick else _RECIPE
    networks = [network(dataclasses.replace(recipe, hidden=hidden)) for hidden in _WIDTHS]
    return [*networks, SUPPORT_VECTORS, NEAREST, LOGISTIC_REGRESSION, DECISION_TREE]


def chosen(candidates: Sequence[Candidate], names: Sequence[str]) -> list[Candidate]:
    """Return the candidates with these names, or all if there are no names. Raises ValueError for an unknown name."""
    known = [candidate.name for candidate in candidates]
    for name in names:
        if name not in known:
            raise ValueError(f"unknown candidate {name!r}: choose one of {', '.join(known)}")
    return [candidate for candidate in candidates if not names or candidate.name in names]
