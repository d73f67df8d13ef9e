"""The cost of scripts/up, compared with the README."""

from scripts.commands import measure


def test_the_readme_has_the_numbers_that_were_measured() -> None:
    paragraph = measure.sentence(measure.numbers())
    assert "GB" in paragraph
    assert paragraph in measure.README.read_text()
