"""The query of an explanation: accepted values, refused values and their errors."""

import numpy as np
import pytest

from inference.errors import InvalidQuery
from inference.explanations.query import Query, QueryReader
from inference.explanations.reading import Reading
from model import SPEC
from model.explanations import METHODS

PATH = "/explanations/digits"
READER = QueryReader(METHODS, SPEC.output.labels)
read = READER.read


def test_nothing_asked_is_integrated_gradients_of_the_predicted_digit_as_json() -> None:
    assert read(PATH) == read(f"{PATH}/1.0") == read("") == Query("integrated_gradients", 256, "predicted", 0, False)


def test_everything_asked() -> None:
    query = read(f"{PATH}?method=lime&target=3&samples=100&seed=42&format=png")
    assert query == Query("lime", 100, "3", 42, True)


@pytest.mark.parametrize("method", METHODS)
def test_each_method_has_its_own_bounds(method: str) -> None:
    default, least, most = METHODS[method]
    assert read(f"{PATH}?method={method}").samples == default
    for samples in (least, most):
        assert read(f"{PATH}?method={method}&samples={samples}").samples == samples
    for samples in (least - 1, most + 1):
        with pytest.raises(InvalidQuery, match=rf"invalid samples '{samples}'") as refused:
            read(f"{PATH}?method={method}&samples={samples}")
        assert str(most) in refused.value.hint


@pytest.mark.parametrize("target", READER.targets)
def test_a_target_is_a_digit_or_a_place_in_the_order_of_probabilities(target: str) -> None:
    expected = {"predicted": 7, "second": 2} | {str(digit): digit for digit in range(10)}
    probabilities = np.zeros(10, dtype=np.float32)
    probabilities[[7, 2]] = 0.8, 0.2
    reading = Reading.of(probabilities, read(f"{PATH}?target={target}"), SPEC.output.labels)
    assert (reading.predicted, reading.target) == (7, expected[target])


def test_where_torchserve_is_not_mended_the_query_stands_in_the_path() -> None:
    assert read("method=lime&target=3") == read(f"{PATH}?method=lime&target=3")


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("method=gradcam", "unknown method 'gradcam'"),
        ("method=", "unknown method ''"),
        ("target=10", "unknown target '10'"),
        ("target=-1", "unknown target '-1'"),
        ("target=seven", "unknown target 'seven'"),
        ("target=%D9%A3", "unknown target '٣'"),
        ("samples=many", "invalid samples 'many'"),
        ("samples=1e2", "invalid samples '1e2'"),
        ("samples=%C2%B2", "invalid samples '²'"),
        ("samples=99999999999999999999", "invalid samples '99999999999999999999'"),
        ("seed=-1", "invalid seed '-1'"),
        ("seed=4294967296", "invalid seed '4294967296'"),
        ("format=gif", "unknown format 'gif'"),
        ("methd=lime", "unknown parameter 'methd'"),
        ("method=lime&method=occlusion", "twice"),
        ("method", "invalid query"),
        ("&".join(f"a{index}=1" for index in range(40)), "invalid query"),
        ("x" * 5000 + "=1", "unknown parameter 'xxx"),
    ],
)
def test_what_is_wrong_is_named_with_what_may_stand_there(query: str, word: str) -> None:
    with pytest.raises(InvalidQuery) as refused:
        read(f"{PATH}?{query}")
    assert word in refused.value.message
    assert len(refused.value.message) < 100
    assert refused.value.hint


def test_an_unknown_method_is_told_the_known_ones() -> None:
    with pytest.raises(InvalidQuery) as refused:
        read(f"{PATH}?method=shap")
    assert all(method in refused.value.hint for method in METHODS)


@pytest.mark.parametrize(
    ("accept", "picture"),
    [
        ("", False),
        ("*/*", False),
        ("application/json", False),
        ("text/html, IMAGE/PNG;q=0.9, */*;q=0.8", True),
        ("image/avif,image/webp,image/*,*/*;q=0.8", True),
        ("application/json, image/png", False),
        ("text/html", False),
    ],
)
def test_the_accept_header_decides_unless_the_query_does(accept: str, picture: bool) -> None:
    assert read(PATH, accept).picture is picture
    assert read(f"{PATH}?format=png", accept).picture is True
    assert read(f"{PATH}?format=json", accept).picture is False
