import pytest

from training.selection import candidates, standings
from training.selection.standings import Standing


def fold(accuracy: float, seconds: float = 1.0) -> dict[str, object]:
    times = dict.fromkeys(("training_seconds", "seconds_for_one", "seconds_in_batch"), seconds)
    return {"accuracy": accuracy, "size": 7, "unit": "nodes", **times}


def stand(name: str, *accuracies: float, seconds: float = 1.0) -> Standing:
    return Standing(name, "network", "", accuracies, 1, "weights", 1.0, seconds, 1.0)


def test_a_standing_is_mean_deviation_and_medians() -> None:
    folds = [fold(0.9, 1.0), fold(0.8, 9.0), fold(0.7, 2.0)]
    standing = standings.standing(candidates.DECISION_TREE, folds)
    assert (standing.name, standing.kind, standing.size, standing.unit) == (
        "decision tree",
        "interpretable",
        7,
        "nodes",
    )
    assert standing.accuracy == pytest.approx(0.8)
    assert standing.deviation == pytest.approx(0.1)
    assert standing.training_seconds == standing.seconds_for_one == standing.seconds_in_batch == 2.0


def test_duels_count_what_one_alone_got_right() -> None:
    stands = [stand("a", 0.97, 0.97), stand("b", 0.99, 0.98), stand("c", 0.5, 0.6)]
    wrong = {"a": {1, 2, 3}, "b": {3}, "c": {1, 4, 5, 6, 7, 8, 9, 10, 11, 12}}
    near, far = standings.duels(stands, wrong)
    assert (near.other, near.only_winner, near.only_other) == ("a", 2, 0)
    assert (far.other, far.only_winner, far.only_other) == ("c", 10, 1)
    assert near.difference == pytest.approx(0.015)
    assert far.mcnemar == pytest.approx(2 * 24 / 2048)  # 1 or fewer of 11 coins, both sides, times 2 (Holm)
    assert near.mcnemar == pytest.approx(0.5)


def test_a_win_is_real_if_both_tests_say_so() -> None:
    stands = [stand("good", 0.98, 0.981, 0.979), stand("bad", 0.80, 0.802, 0.798)]
    (clear,) = standings.duels(stands, {"good": {0}, "bad": set(range(30))})
    (few,) = standings.duels(stands, {"good": set(), "bad": {1, 2}})
    assert clear.real
    assert few.t < standings.LEVEL
    assert not few.real


def test_the_cheapest_is_sought_among_those_that_are_not_really_beaten() -> None:
    names = [stand("best", 0.98, 0.98, 0.98, seconds=3.0), stand("near", 0.979, 0.981, 0.98, seconds=2.0)]
    names.append(stand("beaten", 0.5, 0.501, 0.499, seconds=1.0))
    fought = standings.duels(names, {"best": {1}, "near": {2, 3}, "beaten": set(range(50))})
    assert [duel.real for duel in fought] == [False, True]
    assert standings.cheapest_as_good(names, fought).name == "near"
