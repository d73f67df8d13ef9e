"""Tests of a tree without a fault: one passes, one fails, one passes only in its second run."""

from pathlib import Path

import pytest

from resilience.mutation.baseline import Baseline, MutationError, failed

PASSES = "def test_it():\n    pass\n"
FAILS = "def test_it():\n    assert not 'with a reason - and a dash'\n"
FAILS_ONCE = """from pathlib import Path


def test_it():
    is_second = Path("begun").exists()
    Path("begun").touch()
    assert is_second


def test_another():
    pass
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name, text in {"passes": PASSES, "fails": FAILS, "fails_once": FAILS_ONCE}.items():
        (tmp_path / f"test_{name}.py").write_text(text)
    return tmp_path


def test_what_was_measured_is_not_run_again(tree: Path) -> None:
    file = tree / "baseline.json"
    Baseline().measure(tree, ["test_passes.py"], file)
    (tree / "test_passes.py").write_text(FAILS)
    again = Baseline.read(file)
    assert again.seconds["test_passes.py"] > 0
    again.measure(tree, ["test_passes.py"], file)


def test_a_test_that_fails_without_a_fault_is_named(tree: Path) -> None:
    with pytest.raises(MutationError, match=r"^test_fails.py::test_it fails without a fault: repair it"):
        Baseline().measure(tree, ["test_fails.py", "test_passes.py"], tree / "baseline.json")


def test_one_that_fails_at_times_does_not_count(tree: Path) -> None:
    file = tree / "baseline.json"
    Baseline().measure(tree, ["test_fails_once.py"], file)
    assert Baseline.read(file).unreliable == ["test_fails_once.py::test_it"]


def test_tests_that_pytest_cannot_find_are_named(tree: Path) -> None:
    with pytest.raises(MutationError, match=r"pytest test_none.py ends with status 4"):
        Baseline().measure(tree, ["test_none.py"], tree / "baseline.json")


def test_no_failure_is_read_from_other_lines() -> None:
    assert failed("1 passed\nsome FAILED line") == []
    assert failed("FAILED a.py::b[x y] - assert 1 - 1\nERROR c.py::d") == ["a.py::b[x y]", "c.py::d"]
