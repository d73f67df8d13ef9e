import numpy as np
import pytest

from training.selection import candidates
from training.selection.candidates import Candidate
from training.selection.training_images import TrainingImages

TABLE = candidates.table(quick=True)
LINEAR, NARROW = TABLE[:2]
HELD_OUT = {  # least share of right answers on 50 images after 550; sizes that can be counted beforehand
    "MLP without hidden layer": (0.6, 784 * 10 + 10, "weights"),
    "MLP 64": (0.6, 784 * 64 + 64 + 64 * 10 + 10, "weights"),
    "logistic regression": (0.7, 784 * 10 + 10, "weights"),
    "nearest neighbours": (0.7, 550 * 50, "stored numbers"),
    "RBF support vectors": (0.8, None, "numbers in support vectors"),
    "decision tree": (0.4, None, "nodes"),
}


def test_names_are_unique_and_the_kinds_that_were_asked_for_are_there() -> None:
    assert len({candidate.name for candidate in TABLE}) == len(TABLE)
    kinds = [candidate.kind for candidate in TABLE]
    assert (kinds.count("network"), kinds.count("interpretable"), kinds.count("baseline")) == (8, 2, 2)


@pytest.mark.parametrize(
    "candidate", [candidate for candidate in TABLE if candidate.name in HELD_OUT], ids=lambda candidate: candidate.name
)
def test_each_learns_and_says_how_large_it_is(candidate: Candidate, material: TrainingImages) -> None:
    least, size, unit = HELD_OUT[candidate.name]
    model = candidate.fit(material.train, 0)
    digits = model.predict(material.validation.images)
    assert digits.dtype == np.int64
    assert (digits == material.validation.labels).mean() >= least
    assert model.unit == unit
    assert model.size == size if size else 0 < model.size < 550 * 50
    again = candidate.fit(material.train, 0).predict(material.validation.images[:9])
    assert np.array_equal(again, digits[:9])


def test_a_recipe_says_what_is_set() -> None:
    assert "hidden = (64,)" in NARROW.recipe
    assert "epochs = 3" in NARROW.recipe
    assert candidates.DECISION_TREE.recipe == "DecisionTreeClassifier(min_samples_leaf=5, random_state=0)"
    assert "SVC(C=10.0" in candidates.SUPPORT_VECTORS.recipe


def test_some_are_chosen_by_name_and_an_unknown_name_is_told() -> None:
    assert candidates.chosen(TABLE, ["decision tree", "MLP 64"]) == [NARROW, candidates.DECISION_TREE]
    assert candidates.chosen(TABLE, []) == TABLE
    with pytest.raises(ValueError, match="unknown candidate 'forest': choose one of MLP without hidden layer, MLP 64"):
        candidates.chosen(TABLE, ["forest"])


def test_interpretable_models_can_be_had_to_be_explained(material: TrainingImages) -> None:
    regression = candidates.LOGISTIC_REGRESSION.fit(material.train, 0).estimator
    features = candidates.to_features(material.validation.images)
    logits = features @ regression.coef_.T + regression.intercept_
    assert np.array_equal(logits.argmax(axis=1), regression.predict(features))
    tree = candidates.DECISION_TREE.fit(material.train, 0).estimator
    assert tree.decision_path(features).shape == (50, tree.tree_.node_count)
