"""Distances between results of two versions, and results read from answers."""

from typing import Any

import numpy as np
import pytest

from inference.inputs.named import objects
from inference.results import Arrays
from serving.changes.gates import Gates
from serving.changes.likeness import Agreement, Distance, UnlikeError, arrays, likeness

LIVE = np.array([[1.0, 100.0], [-4.0, 200.0]])


def moved(row: int, column: int, by: float) -> Arrays:
    new = LIVE.copy()
    new[row, column] += by
    return {"values": new}


def test_classes_agree_by_their_label() -> None:
    live, new = np.array([[0.75, 0.25], [0.375, 0.625]]), np.array([[0.75, 0.25], [0.625, 0.375]])
    assert likeness({"probabilities": live}, {"probabilities": new}) == Agreement(0.5, 0.25)


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (moved(0, 0, 0.0), Distance(0.0, 0.0, "value 0")),
        (moved(0, 0, 1.0), Distance(1.0, 0.25, "value 0")),  # of 4, the largest value of its column
        (moved(0, 1, -20.0), Distance(20.0, 0.1, "value 1")),
        (moved(0, 0, np.nan), Distance(np.inf, np.inf, "value 0")),
    ],
)
def test_values_are_compared_one_by_one(new: Arrays, expected: Distance) -> None:
    assert likeness({"values": LIVE}, new) == expected


def test_the_largest_difference_may_be_of_another_value_than_the_largest_relative_one() -> None:
    new = moved(0, 0, 2.0)["values"]
    new[1, 1] += 10.0
    assert likeness({"values": LIVE}, {"values": new}) == Distance(10.0, 0.5, "value 0")


def test_a_tensor_is_compared_as_a_whole() -> None:
    live = {"output.sum": LIVE, "output.flag": np.array([True, False])}
    assert likeness(live, live) == Distance(0.0, 0.0, "sum")
    assert likeness(live, {**live, "output.sum": LIVE + 50.0}) == Distance(50.0, 0.25, "sum")
    assert likeness(live, {**live, "output.flag": np.array([True, True])}) == Distance(1.0, 1.0, "flag")


def test_numbers_that_were_zero_and_are_not_differ_without_bound() -> None:
    zeros = {"values": np.zeros((2, 1))}
    assert likeness(zeros, {"values": np.full((2, 1), 0.5)}) == Distance(0.5, np.inf, "value 0")


def test_nan_is_like_nan_alone() -> None:
    nan = {"output.x": np.array([[np.nan, 1.0]])}
    assert likeness(nan, nan) == Distance(0.0, 0.0, "x")


def test_texts_differ_by_their_share() -> None:
    live, new = {"output.word": np.array(["a", "b"])}, {"output.word": np.array(["a", "c"])}
    assert likeness(live, new) == Distance(0.5, 0.5, "word")


@pytest.mark.parametrize(("relative", "passes"), [(0.1, True), (0.1001, False), (float("inf"), False)])
def test_a_tenth_is_allowed_unless_another_share_is_named(relative: float, passes: bool) -> None:
    difference = Distance(3.0, relative, "value 0")
    assert (difference.failures(Gates()) == []) == passes
    assert difference.failures(Gates(difference=relative)) == []


def test_a_refusal_has_the_figures() -> None:
    difference = Distance(3.25, 0.25, "value 0")
    assert difference.failures(Gates()) == ["value 0 differs by 25.00% of its size, and 10.00% is allowed"]
    assert str(difference) == "largest difference 3.2, and 25.00% of the size of value 0"


@pytest.mark.parametrize("name", ["probabilities", "values", "output.sum"])
def test_results_of_another_shape_are_no_match(name: str) -> None:
    with pytest.raises(UnlikeError, match=r"has the shape \[2, 3\], and the live version's has \[2, 2\]"):
        likeness({name: LIVE}, {name: np.zeros((2, 3))})


@pytest.mark.parametrize(
    ("answers", "name", "expected"),
    [
        ([{"probabilities": [0.25, 0.75]}], "probabilities", [[0.25, 0.75]]),
        ([{"values": [1.5]}, {"values": [None]}], "values", [[1.5], [np.nan]]),
        ([{"values": {"price": 1.5, "area": 2}}], "values", [[1.5, 2.0]]),
        ([{"sum": 3, "double": [1]}, {"sum": 4, "double": [2]}], "output.sum", [3, 4]),
        ([{"values": [[True]]}], "output.values", [[[True]]]),
    ],
)
def test_results_are_read_from_answers(answers: list[dict[str, Any]], name: str, expected: Any) -> None:
    np.testing.assert_array_equal(arrays(answers, {name: LIVE})[name], expected)


@pytest.mark.parametrize(
    ("answers", "name", "message"),
    [
        ([{"values": [1.5], "model": {}}], "probabilities", "answers have 'values', 'model', and no probabilities"),
        ([{"sum": 1}], "output.product", "answers have 'sum', and no product"),
        ([{"sum": [1]}, {"sum": [1, 2]}], "output.sum", "no sum of one shape"),
    ],
)
def test_answers_of_another_kind_are_named(answers: list[dict[str, Any]], name: str, message: str) -> None:
    with pytest.raises(UnlikeError, match=message):
        arrays(answers, {name: LIVE})


def test_results_of_different_shapes_are_compared_example_by_example() -> None:
    like = {"output.x": objects([np.zeros(1), np.zeros(2)])}
    live = arrays([{"x": [1.0]}, {"x": [2.0, 4.0]}], like)
    assert likeness(live, live) == Distance(0.0, 0.0, "x")
    assert likeness(live, arrays([{"x": [1.0]}, {"x": [2.0, 5.0]}], like)) == Distance(1.0, 0.25, "x")
    assert likeness(live, arrays([{"x": [1.0]}, {"x": [2.0]}], like)) == Distance(np.inf, np.inf, "x")
    words = arrays([{"x": ["a"]}, {"x": ["b", "c"]}], like)
    assert likeness(words, arrays([{"x": ["a"]}, {"x": ["b", "d"]}], like)) == Distance(1 / 3, 1 / 3, "x")
