from pathlib import Path

from benchmarks.results import Results


def test_what_was_put_is_there_for_the_next_run(tmp_path: Path) -> None:
    Results(tmp_path).put("rounds/1/fastapi/raw-64", {"rate": 1.5})
    again = Results(tmp_path)
    assert again.has("rounds/1/fastapi/raw-64")
    assert again.get("rounds/1/fastapi/raw-64") == {"rate": 1.5}
    assert again.get("rounds/1/fastapi/raw-8") is None


def test_keys_are_found_by_pattern_in_order(tmp_path: Path) -> None:
    results = Results(tmp_path)
    for key in ("rounds/2/b-0.1/raw-8", "rounds/1/b-0.1/raw-8", "rounds/1/c/raw-8"):
        results.put(key, {"key": key})
    assert list(results.keys("rounds/*/b-0.1/*-*")) == ["rounds/1/b-0.1/raw-8", "rounds/2/b-0.1/raw-8"]
    assert [result["key"] for result in results.all("rounds/1/*/raw-8")] == ["rounds/1/b-0.1/raw-8", "rounds/1/c/raw-8"]


def test_a_contender_is_forgotten_whole_and_alone(results: Results) -> None:
    results.forget("fastapi")
    assert not list(results.keys("rounds/*/fastapi/*"))
    assert not results.has("contenders/fastapi")
    assert len(list(results.keys("rounds/*/digits/raw-64"))) == 3
