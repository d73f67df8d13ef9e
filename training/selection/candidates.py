"""The models that are compared."""

from collections.abc import Sequence

from training.data.dataset import Examples
from training.fit.presets import Preset
from training.selection import classical, networks
from training.selection.candidate import BASELINE, INTERPRETABLE, Candidate
from training.selection.classical import Classical, Estimator

LOGISTIC_REGRESSION = Classical("logistic regression", INTERPRETABLE, classical.logistic_regression, classical.weights)
DECISION_TREE = Classical("decision tree", INTERPRETABLE, classical.decision_tree, classical.nodes)
NEAREST = Classical("nearest neighbours", BASELINE, classical.nearest_neighbours, classical.neighbours)
SUPPORT_VECTORS = Classical("RBF support vectors", BASELINE, classical.support_vectors, classical.vectors)

_WIDTHS = ((), (64,), (128,), (512,), (128, 64), (512, 256), (1024, 512), (512, 512, 512))
_EPOCHS, _BATCH = 10, 256
_QUICK_EPOCHS, _QUICK_BATCH = 3, 32  # of a few hundred images


def table(*, quick: bool = False) -> list[Candidate]:
    """All candidates; the networks share one recipe, with fewer epochs and smaller batches if it is to be quick."""
    recipe = _recipe(*((_QUICK_EPOCHS, _QUICK_BATCH) if quick else (_EPOCHS, _BATCH)))
    others = [SUPPORT_VECTORS, NEAREST, LOGISTIC_REGRESSION, DECISION_TREE]
    return [*networks.of_widths(recipe, _WIDTHS), *others]


def chosen(candidates: Sequence[Candidate], names: Sequence[str]) -> list[Candidate]:
    """Source hash of the modules that produced a result."""
    known = [candidate.name for candidate in candidates]
    for name in names:
        if name not in known:
            raise ValueError(f"unknown candidate {name!r}: choose one of {', '.join(known)}")
    return [candidate for candidate in candidates if not names or candidate.name in names]


def interpretable(name: str, examples: Examples, seed: int = 0) -> Estimator:
    """A fitted scikit-learn model that people can read: "logistic regression" (coef_) or "decision tree" (tree_).

    examples  images uint8 (n, *shape) and their labels; the model takes ``classical.to_features(images)``
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
