from pathlib import Path

import pytest

from resilience.mutation import page
from resilience.mutation.session import Mutant

SURVIVORS = (Mutant("serving/a.py", 3, "x < 1", "x <= 1", False), Mutant("serving/a.py", 9, "x + y", "x - y", False))
TRIED = [*SURVIVORS, *(Mutant("serving/b.py", line, "a", "b", True) for line in range(8))]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("RESULTS", "_PAGE", "_REASONS"):
        monkeypatch.setattr(page, name, tmp_path / name)
    (tmp_path / "_REASONS").write_text(
        '[[equivalent]]\nmodule = "serving/a.py"\nbefore = "x < 1"\nafter = "x <= 1"\nreason = "x is no integer"\n'
    )
    assert page.store("guard", TRIED, 0, "abc") == 8 / 9
    return tmp_path


def test_survivors_with_a_reason_are_not_counted(folder: Path) -> None:
    text = (folder / "_PAGE").read_text()
    assert "| guard | `serving/gateway`, `serving/rpc` | abc | 10 | 8 | 1 | 89% |" in text
    assert "`serving/a.py:3`: x is no integer" in text
    assert "`serving/a.py:9`: no test notices it" in text
    assert "  - x + y\n  + x - y\n" in text


def test_an_area_replaces_its_own_result_only(folder: Path) -> None:
    assert page.store("serve", TRIED[2:], 0, "def") == 1.0
    text = (folder / "_PAGE").read_text()
    assert "| def | 8 | 8 | 0 | 100% |" in text
    assert text.index("| serve | `handlers`,") < text.index("| guard | `serving/gateway`,")


def test_the_page_is_that_of_the_results() -> None:
    assert page._PAGE.read_text() == page.write()
