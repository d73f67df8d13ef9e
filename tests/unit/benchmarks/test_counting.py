import pytest

from benchmarks.counting import costs, report

_FOUND = {
    "counts": [{"rate": 900.0, "worker": 32.0, "jvm": 40.0, "clients": 20.0}] * 2,
    "does not": [
        {"rate": 1000.0, "worker": 30.0, "jvm": 50.0, "clients": 20.0},
        {"rate": 1000.0, "worker": 28.0, "jvm": 52.0, "clients": 20.0},
    ],
}


def test_what_counting_costs_is_the_workers_of_all() -> None:
    assert costs(_FOUND) == pytest.approx([0.02, 0.04])


def test_what_is_over_the_bound_is_said() -> None:
    results = {"rounds": _FOUND, "starts": 2, "machine": {"cores": "2", "processor": "fast"}}
    text = report(results).replace("\n", " ")
    assert "| counts | 900 | 32.0 us | 40.0 us | 20.0 us |" in text
    assert "medians of 2 rounds after 2 starts" in text
    assert "Counting costs 3.0 % of the processor time" in text
    assert "quartiles 1.5 to 4.5 %). The limit is 3 %: met." in text
    slower = {**_FOUND, "counts": [{**row, "worker": 34.0} for row in _FOUND["counts"]]}
    assert "The limit is 3 %: **missed**." in report({**results, "rounds": slower}).replace("\n", " ")
