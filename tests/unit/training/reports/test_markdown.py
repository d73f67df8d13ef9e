"""Sections of pages."""

import pytest

from training.reports import markdown

_PAGE = "a\n<!-- cost: made by scripts/x -->\n\nold\n\n<!-- /cost -->\nb\n<!-- costs: made by y -->\n<!-- /costs -->\n"


def test_a_section_takes_the_place_of_the_one_before() -> None:
    assert markdown.section(_PAGE, "cost", "\nnew \\1\n") == _PAGE.replace("old", "new \\1")


@pytest.mark.parametrize("page", ["", "<!-- cost: made by x -->\nno end", _PAGE.replace("/cost ", "/price ")])
def test_a_page_without_the_marks_is_refused(page: str) -> None:
    with pytest.raises(ValueError, match="the page has no section cost"):
        markdown.section(page, "cost", "new")
