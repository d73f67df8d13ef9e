"""Sections of pages."""

from pathlib import Path

import pytest

from training.reports import markdown

_PAGE = "a\n<!-- cost: made by scripts/x -->\n\nold\n\n<!-- /cost -->\nb\n<!-- costs: made by y -->\n<!-- /costs -->\n"


def test_a_section_takes_the_place_of_the_one_before() -> None:
    assert markdown.section(_PAGE, "cost", "\nnew \\1\n") == _PAGE.replace("old", "new \\1")


@pytest.mark.parametrize("page", ["", "<!-- cost: made by x -->\nno end", _PAGE.replace("/cost ", "/price ")])
def test_a_page_without_the_marks_is_refused(page: str) -> None:
    with pytest.raises(ValueError, match="the page has no section cost"):
        markdown.section(page, "cost", "new")


def test_only_long_lines_of_a_template_are_wrapped(tmp_path: Path) -> None:
    row, text = f"| {'wide ' * 40}|", "many words " * 20
    (tmp_path / "page.md").write_text(f"{{machine[cores]}} cores\n\n{text}{{end:.1f}}\n\n{{row}}\n")
    page = markdown.filled(str(tmp_path / "page.py"), machine={"cores": 2}, end=1.04, row=row)
    assert page == f"2 cores\n\n{markdown.wrapped(text + '1.0')}\n\n{row}\n"
    assert max(len(line) for line in page.splitlines() if line != row) <= 120
