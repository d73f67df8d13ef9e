"""Files of the page."""

from pathlib import Path

import pytest

import playground

WEB = Path(playground.__file__).with_name("web")


@pytest.mark.parametrize("file", sorted(WEB.iterdir()), ids=lambda file: file.name)
def test_nothing_comes_from_elsewhere(file: Path) -> None:
    text = file.read_text()
    assert not [word for word in ("http:", "https:", "//cdn", "@import", "url(", "import(") if word in text]


def test_nothing_is_inline() -> None:
    """The Content-Security-Policy would not run inline code."""
    html = (WEB / "page.html").read_text()
    assert html.count("<script") == html.count('<script type="module" src="page.js"></script>') == 1
    assert not [mark for mark in ("<style", "style=", "onclick", "onload", "javascript:") if mark in html]
