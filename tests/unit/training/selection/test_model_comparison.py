from training.selection import standings
from training.selection.conditions import Conditions
from training.selection.model_comparison import ModelComparison
from training.selection.standings import Standing

MLP = Standing("MLP 128", "network", "hidden = (128,)", (0.97, 0.98, 0.99), 101770, "weights", 12.5, 3.4e-4, 5.6e-6)
TREE = Standing("decision tree", "interpretable", "Tree()", (0.87, 0.88, 0.89), 2345, "nodes", 9.25, 7.8e-5, 9e-7)
SVM = Standing("SVM", "baseline", "SVC(C=10)", (0.971, 0.979, 0.991), 400000, "numbers", 9.0, 1.2e-3, 4e-4)
WRONG = {"MLP 128": {1, 2, 3}, "decision tree": set(range(3, 40)), "SVM": {1, 2, 50}}
CONDITIONS = Conditions("scripts/compare --folds 3", "of a test's images", jobs=2)
FOUND = [TREE, MLP, SVM]
COMPARISON = ModelComparison(FOUND, standings.duels(FOUND, WRONG), 300)
TEXT = COMPARISON.text(CONDITIONS)


def test_every_figure_of_every_candidate_is_told() -> None:
    assert "| 2 | MLP 128 | 98.00 ± 1.00 | 101,770 weights | 12.5 | 0.34 | 5.60 |" in TEXT
    assert "| 3 | decision tree (interpretable) | 88.00 ± 1.00 | 2,345 nodes | 9.25 | 0.08 | 0.90 |" in TEXT
    assert "| 1 | SVM | 98.03 ± 1.01 | 400,000 numbers | 9.00 | 1.20 | 400 |" in TEXT


def test_the_tests_are_told_in_figures_and_words() -> None:
    near, far = standings.duels(FOUND, WRONG)
    assert f"| MLP 128 | 0.03 | 1 | 1 | {near.t:.3f} | 1.000 | not significant |" in TEXT
    assert (far.only_winner, far.only_other) == (37, 3)
    assert "| decision tree | 10.03 | 37 | 3 | < 0.001 | < 0.001 | significant |" in TEXT
    assert (
        "**SVM** has the highest mean accuracy. It is significantly better than 1 of the 2 others, but not than MLP 128"
        in TEXT
    )
    assert "**MLP 128** is the fastest for one image" in " ".join(TEXT.split())


def test_it_says_how_it_was_made() -> None:
    for phrase in ("`scripts/compare --folds 3`", "300 of a test's images, in 3 stratified folds", "Tree()"):
        assert phrase in TEXT
    for phrase in ("hidden = (128,)", "SVC(C=10)", "2 pieces at a time", "corrected for 2 comparisons"):
        assert phrase in TEXT
    assert max(len(line) for line in TEXT.splitlines() if not line.startswith("|")) <= 120


def test_one_candidate_alone_is_compared_with_nothing() -> None:
    text = ModelComparison([TREE], [], 300).text(CONDITIONS)
    assert "There was no other candidate." in text
    assert "significantly" not in text
    assert "All networks" not in text


def test_the_picture_has_every_candidate_in_both_panels() -> None:
    figure = COMPARISON.draw()
    for axes in figure.axes:
        assert [text.get_text() for text in axes.texts] == ["1", "2", "3"]
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["1: SVM", "2: MLP 128", "3: decision tree"]
