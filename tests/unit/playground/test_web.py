"""The page's files as Gradio takes them."""

from pathlib import Path

import pytest

import playground

WEB = Path(playground.__file__).with_name("web")


@pytest.mark.parametrize("name", ["page.html", "page.css"])
def test_a_template_has_nothing_that_gradio_would_evaluate(name: str) -> None:
    """Gradio compiles both with Handlebars, and then as a JavaScript template literal."""
    text = (WEB / name).read_text()
    assert not [mark for mark in ("{{", "${", "`", "\\") if mark in text]


@pytest.mark.parametrize("file", sorted(WEB.iterdir()), ids=lambda file: file.name)
def test_nothing_comes_from_elsewhere(file: Path) -> None:
    text = file.read_text()
    assert not [word for word in ("http:", "https:", "//cdn", "@import", "url(", "import(") if word in text]
