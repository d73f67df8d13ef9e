"""Mutants of a module of three lines, tried by cosmic-ray."""

import subprocess
from pathlib import Path

import pytest

from resilience.mutation import areas, session
from resilience.mutation.baseline import Baseline, MutationError
from serving.paths import ROOT

_PROGRAM = ROOT / ".venv-mutation" / "bin" / "cosmic-ray"
DIFF = "--- mutation diff ---\n--- aa.py\n+++ ba.py\n@@ -1,3 +1,3 @@\n a\n-    b < c\n+    b <= c\n d"
MUTANTS = ("Lt_LtE", "Lt_Gt", "Lt_GtE", "Gt_Lt", "Gt_GtE")  # of the twelve of both comparisons; each takes seconds


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a repository with one module, and a test of one of its two comparisons."""
    monkeypatch.setattr(areas, "AREAS", {"small": ("code",)})
    for name, text in {
        "code/least.py": "def least(a, b):\n    return a if a < b else b\n\n\ndef is_some(a):\n    return a > 0\n",
        "tests/unit/code/test_least.py": "from code_under_test import least\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "tests/unit/code/test_least.py").write_text(
        "import runpy\n\n\ndef test_least():\n    least = runpy.run_path('code/least.py')['least']\n"
        "    assert [least(1, 2), least(2, 1)] == [1, 1]\n"
    )
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True, timeout=60)
    (tmp_path / ".venv-mutation").symlink_to(ROOT / ".venv-mutation")
    return tmp_path


def test_a_diff_has_the_lines_before_and_after() -> None:
    assert session.changed(DIFF) == ("b < c", "b <= c")
    assert session.changed("") == ("", "")


def test_a_run_that_never_began_is_not_resumed(tmp_path: Path) -> None:
    with pytest.raises(MutationError, match="no run to resume"):
        session.begun(tmp_path, ["guard"])


@pytest.mark.skipif(not _PROGRAM.exists(), reason="scripts/mutate makes .venv-mutation")
def test_mutants_that_no_test_notices_survive(tree: Path) -> None:
    (area_session,) = session.sessions(tree, ["small"], 1000, 0)
    drawn = [identity for operator, _, identity in area_session.mutants() if operator.endswith(MUTANTS)]
    area_session.keep(drawn)
    area_session.run(Baseline())
    outcomes = area_session.outcomes()
    assert len(outcomes) == len(drawn) == len(MUTANTS)
    assert {(mutant.line, mutant.test) for mutant in outcomes if mutant.is_killed} == {
        (2, "tests/unit/code/test_least.py::test_least")
    }
    assert 6 in {mutant.line for mutant in outcomes if not mutant.is_killed}
    assert [again.outcomes() for again in session.begun(tree, ["small"])] == [outcomes]
    area_session.forget_survivors()
    assert area_session.outcomes() == [mutant for mutant in outcomes if mutant.is_killed]
    assert (tree / "code" / "least.py").read_text() == (tree / ".mutation/tree/code/least.py").read_text()
