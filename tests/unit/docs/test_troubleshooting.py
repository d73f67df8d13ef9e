"""Messages in docs/troubleshooting.md, compared with the code that prints them."""

import re

import pytest

from serving.paths import ROOT

PAGE = ROOT / "docs" / "troubleshooting.md"
FOLDERS = ("scripts", "serving", "training", "inference", "model")


def quoted() -> list[str]:
    """Return the first cell of each row."""
    return re.findall(r"^\| `([^`]+)` \|", PAGE.read_text(), flags=re.MULTILINE)


@pytest.fixture(scope="module")
def source() -> str:
    """Return all code, with each message on one line."""
    files = (path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file())
    texts = [path.read_text() for path in files if path.suffix in ("", ".py", ".cfg", ".lua")]
    return re.sub(r'"\s*\n\s*f?"', "", "\n".join(texts))


def test_the_page_has_messages_of_each_part() -> None:
    assert len(quoted()) > 25
    assert len(quoted()) == len(set(quoted()))


@pytest.mark.parametrize("message", quoted())
def test_each_message_is_in_the_source(message: str, source: str) -> None:
    parts = [part for part in message.split("…") if part.strip(" :")]
    assert parts
    for part in parts:
        assert part.strip() in source, part


def test_the_files_that_it_names_exist() -> None:
    for name in re.findall(r"\]\(([^)#]+)", PAGE.read_text()):
        assert (PAGE.parent / name).exists(), name
