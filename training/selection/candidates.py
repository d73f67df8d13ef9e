"""Candidates of a comparison of models, and the models that they fit."""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from inference.bundle import Bundle, Metadata
from inference.classifier import Classifier
from model import SPEC
from model.network import MLP
from model.pixels import PIXELS, Images
from training.data.dataset import Examples
from training.fit import loop
from training.fit.presets import Preset

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


Estimator = Any  # scikit-learn has no types


@dataclass(frozen=True)
class Classical:
    """A scikit-learn estimator that takes float32 (n, pixels), 0..1.

    build  makes it, not yet fitted, for a seed
    sized  its size once fitted, and in what that is counted
    """

    name: str
    kind: str
    build: Callable[[int], Estimator]
    sized: Callable[[Estimator], tuple[int, str]]

    @property
    def recipe(self) -> str:
        """Every setting that is not scikit-learn's own."""
        return " ".join(repr(self.build(0)).split())

    def estimator(self, examples: Examples, seed: int) -> Estimator:
        """Fitted on images uint8 (n, *shape) and their labels."""
        return self.build(seed).fit(to_features(examples.images), examples.labels)

    def fit(self, examples: Examples, seed: int) -> Model:
        fitted = self.estimator(examples, seed)

        def predict(images: Images) -> Classes:
            return np.asarray(fitted.predict(to_features(images)), dtype=np.int64)

        return Model(predict, *self.sized(fitted))


def to_features(images: Images) -> npt.NDArray[np.float32]:
    """uint8 (n, *shape), 0..255, to float32 (n, pixels), 0..1: what the network gets, as an array."""
    return images.reshape(len(images), PIXELS).astype(np.float32) / np.float32(255.0)


def logistic_regression(seed: int) -> Estimator:
    """``coef_`` (classes, pixels) and ``intercept_`` (classes,): one picture of weights for each class."""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=0.1, tol=0.001, max_iter=1000, random_state=seed)


def decision_tree(seed: int) -> Estimator:
    """``tree_``: questions about one pixel each. Leaves of five images or more: smaller ones learn single images."""
    from sklearn.tree import DecisionTreeClassifier

    return DecisionTreeClassifier(min_samples_leaf=5, random_state=seed)


def nearest_neighbours(seed: int) -> Estimator:
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline

    return make_pipeline(_components(seed), KNeighborsClassifier(3, weights="distance", algorithm="brute"))


def support_vectors(seed: int) -> Estimator:
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import SVC

    return make_pipeline(_components(seed), SVC(C=10.0, cache_size=500))


def _components(seed: int) -> Estimator:
    from sklearn.decomposition import PCA

    return PCA(50, svd_solver="covariance_eigh", random_state=seed)


def weights(fitted: Estimator) -> tuple[int, str]:
    return int(fitted.coef_.size + fitted.intercept_.size), "weights"


def nodes(fitted: Estimator) -> tuple[int, str]:
    return int(fitted.tree_.node_count), "nodes"


def neighbours(fitted: Estimator) -> tuple[int, str]:
    return int(fitted[-1].n_samples_fit_ * fitted[-1].n_features_in_), "stored numbers"


def vectors(fitted: Estimator) -> tuple[int, str]:
    return int(fitted[-1].support_vectors_.size), "numbers in support vectors"


@dataclass(frozen=True)
class TrainedNetwork:
    """An MLP trained by the product's own loop and predicting as it is served."""

    preset: Preset

    @property
    def kind(self) -> str:
        return NETWORK

    @property
    def name(self) -> str:
        return f"MLP {'-'.join(map(str, self.preset.hidden)) or 'without hidden layer'}"

    @property
    def recipe(self) -> str:
        return changed(self.preset)

    def fit(self, examples: Examples, seed: int) -> Model:
        looked_at = examples[np.arange(1)]  # the loop wants a validation set: held-out images must not be it
        fitted = loop.fit(self.preset, examples, looked_at, seed, threads=1, progress=False)
        return served(fitted.mlp, seed)


def of_widths(recipe: Preset, widths: Sequence[tuple[int, ...]]) -> list[TrainedNetwork]:
    """One for each tuple of hidden widths, the recipe otherwise the same."""
    return [TrainedNetwork(dataclasses.replace(recipe, hidden=hidden)) for hidden in widths]


def served(network: MLP, seed: int) -> Model:
    """A trained network, predicting as it will when it is served."""
    arrays = network.folded().arrays()
    classifier = Classifier(Bundle(arrays, Metadata("", network.architecture, seed), "", SPEC))
    return Model(lambda images: classifier.predict(images).classes, sum(map(np.size, arrays.values())), "weights")


def changed(preset: Preset) -> str:
    """Return the settings of a preset, as in presets.toml."""
    fields = dataclasses.fields(preset)
    values = {
        field.name: getattr(preset, field.name) for field in fields if getattr(preset, field.name) != field.default
    }
    return ", ".join(f"{name} = {value}" for name, value in values.items() if value)


LOGISTIC_REGRESSION = Classical("logistic regression", INTERPRETABLE, logistic_regression, weights)
DECISION_TREE = Classical("decision tree", INTERPRETABLE, decision_tree, nodes)
NEAREST = Classical("nearest neighbours", BASELINE, nearest_neighbours, neighbours)
SUPPORT_VECTORS = Classical("RBF support vectors", BASELINE, support_vectors, vectors)

_WIDTHS = ((), (64,), (128,), (512,), (128, 64), (512, 256), (1024, 512), (512, 512, 512))
_EPOCHS, _BATCH = 10, 256
_QUICK_EPOCHS, _QUICK_BATCH = 3, 32  # of a few hundred images


def table(*, quick: bool = False) -> list[Candidate]:
    """All candidates; the networks share one recipe, with fewer epochs and smaller batches if it is to be quick."""
    recipe = _recipe(*((_QUICK_EPOCHS, _QUICK_BATCH) if quick else (_EPOCHS, _BATCH)))
    others = [SUPPORT_VECTORS, NEAREST, LOGISTIC_REGRESSION, DECISION_TREE]
    return [*of_widths(recipe, _WIDTHS), *others]


def chosen(candidates: Sequence[Candidate], names: Sequence[str]) -> list[Candidate]:
    """Source hash of the modules that produced a result."""
    known = [candidate.name for candidate in candidates]
    for name in names:
        if name not in known:
            raise ValueError(f"unknown candidate {name!r}: choose one of {', '.join(known)}")
    return [candidate for candidate in candidates if not names or candidate.name in names]


def interpretable(name: str, examples: Examples, seed: int = 0) -> Estimator:
    """A fitted scikit-learn model that people can read: "logistic regression" (coef_) or "decision tree" (tree_).

    examples  images uint8 (n, *shape) and their labels; the model takes ``to_features(images)``
    Raises ValueError for another name.
    """
    models = {candidate.name: candidate for candidate in (LOGISTIC_REGRESSION, DECISION_TREE)}
    if name not in models:
        raise ValueError(f"{name!r} is not interpretable: choose {' or '.join(map(repr, models))}")
    return models[name].estimator(examples, seed)


def _recipe(epochs: int, batch: int) -> Preset:
    """The default preset's way of training, without augmentation: scikit-learn's models get the same images."""
    return Preset(
        hidden=(),
        epochs=epochs,
        batch=batch,
        learning_rate=0.003,
        warm_up=0.2,
        batch_norm=True,
        dropout=0.1,
        weight_decay=0.01,
    )
