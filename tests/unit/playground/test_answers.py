"""Answers to requests of the page, without a server."""

from pathlib import Path

import pytest

from playground.answers import PageAnswers
from playground.refusal import Refusal
from playground.service import Service
from tests.pictures import FORMATS, digit, saved


@pytest.fixture
def answers(tmp_path: Path) -> PageAnswers:
    """Return the answers where no server runs in the folder."""
    return PageAnswers(Service(tmp_path))


@pytest.mark.parametrize("name", ["predict", "explain"])
@pytest.mark.parametrize("file", [b"", bytes(784)])
def test_what_is_no_image_file_is_refused_with_the_service_s_hint(answers: PageAnswers, name: str, file: bytes) -> None:
    with pytest.raises(Refusal) as refused:
        getattr(answers, name)(file, {})
    assert refused.value.state == "refused"
    assert refused.value.hint == "send a complete PNG, JPEG, GIF, BMP, WebP or TIFF file"


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("name", ["status", "predict", "explain"])
def test_without_a_server_all_is_down(answers: PageAnswers, name: str, format_: str) -> None:
    with pytest.raises(Refusal) as refused:
        getattr(answers, name)(saved(digit(3), format_), {})
    assert (refused.value.state, refused.value.hint) == ("down", "start it with scripts/up")
