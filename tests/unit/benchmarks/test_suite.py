from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from benchmarks.contender import Role
from benchmarks.haproxy import HAProxy, RunningHAProxy, static
from benchmarks.plan import Plan
from benchmarks.results import Results
from benchmarks.suite import Suite, SuiteError

_PLAN = Plan(rounds=1, seconds=1, warm_up=0, clients=(1, 2))


@dataclass(frozen=True)
class Counted(HAProxy):
    """A server that records each start in the parent of its folder."""

    version: str = "1"

    def versions(self) -> Mapping[str, str]:
        return {"counted": self.version}

    @contextmanager
    def running(self, directory: Path) -> Iterator[RunningHAProxy]:
        directory.parent.mkdir(parents=True, exist_ok=True)
        with (directory.parent / "starts").open("a") as starts:
            starts.write("x")
        with super().running(directory) as service:
            yield service


def counted() -> Counted:
    return Counted(**vars(static(1)))


def _suite(results: Results, contender: HAProxy, role: Role = Role.LIMIT) -> Suite:
    if not results.has("rounds/1/arithmetic"):
        results.put("rounds/1/arithmetic", {"sweep": []})  # takes seconds, and is tested elsewhere
    return Suite(results, _PLAN, [replace(contender, role=role)], patience=0)


def _starts(results: Results) -> int:
    return len((results.folder / "run" / "starts").read_text())


@pytest.mark.usefixtures("tools")
def test_a_run_measures_what_is_missing_and_nothing_else(tmp_path: Path) -> None:
    results = Results(tmp_path)
    _suite(results, counted()).run()
    first = {key: results.get(key) for key in results.keys("rounds/1/haproxy-1/*")}
    assert {key.rpartition("/")[2] for key in first} == {"start", "raw-1", "raw-2", "memory"}
    _suite(results, counted()).run()
    assert _starts(results) == 1

    results.drop("rounds/1/haproxy-1/raw-2")  # as if the run had been killed before this result
    _suite(results, counted()).run()
    assert _starts(results) == 2
    assert results.get("rounds/1/haproxy-1/raw-1") == first["rounds/1/haproxy-1/raw-1"]
    assert results.has("rounds/1/haproxy-1/raw-2")


@pytest.mark.usefixtures("tools")
def test_a_contender_that_answers_wrongly_is_noted_and_not_measured(tmp_path: Path) -> None:
    results = Results(tmp_path)
    _suite(results, counted(), Role.PEER).run()
    failure = results.get("rounds/1/haproxy-1/failure")
    assert failure
    assert "differ from the model's" in failure["reason"]
    assert not results.has("rounds/1/haproxy-1/raw-1")


def test_a_contender_that_changed_is_measured_anew(results: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    known = counted()
    results.put(f"contenders/{known.name}", known.about(known.versions()))
    results.put(f"rounds/1/{known.name}/raw-1", {})
    monkeypatch.setattr(Suite, "_agree", lambda _: None)
    monkeypatch.setattr(Suite, "_enter", lambda *_: None)
    _suite(results, known).run()
    assert results.has(f"rounds/1/{known.name}/raw-1")
    _suite(results, replace(known, version="2")).run()
    assert not results.has(f"rounds/1/{known.name}/raw-1")


def test_results_of_another_plan_are_not_mixed_in(results: Results) -> None:
    with pytest.raises(SuiteError, match="another plan"):
        Suite(results, Plan(seconds=1), [], patience=0).run()
