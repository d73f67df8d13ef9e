"""Refusals of the page's questions, without a server."""

import base64
from pathlib import Path
from typing import Any

import pytest

from playground import limits
from playground.answers import PageAnswers
from playground.service import Service
from tests.pictures import FORMATS, digit, saved


@pytest.fixture
def answers(tmp_path: Path) -> PageAnswers:
    """With no server in the folder."""
    return PageAnswers(Service(tmp_path))


def refusal(answers: PageAnswers, name: str, file: bytes) -> dict[str, str]:
    content: dict[str, str] = getattr(answers, name)({"image": base64.b64encode(file).decode()})["refusal"]
    return content


@pytest.mark.parametrize(
    "question", [{}, {"image": None}, {"image": "?"}, {"image": 7}, {"image": "AAA"}, [], None, "a"]
)
@pytest.mark.parametrize("name", ["predict", "explain"])
def test_a_question_without_an_image(answers: PageAnswers, name: str, question: Any) -> None:
    reply = getattr(answers, name)(question)
    assert reply == {
        "refusal": {"state": "refused", "message": "The page sent no image", "hint": "load the page again"}
    }


@pytest.mark.parametrize("name", ["predict", "explain"])
def test_too_large_a_file(answers: PageAnswers, name: str) -> None:
    content = refusal(answers, name, bytes(limits.FILE_BYTES + 1))
    assert content["message"] == "the image has 2097153 bytes"
    assert content["hint"] == "take one of at most 1024x1024 pixels and 2097152 bytes"


@pytest.mark.parametrize("name", ["predict", "explain"])
def test_what_is_no_image_file_is_refused_with_the_service_s_hint(answers: PageAnswers, name: str) -> None:
    content = refusal(answers, name, bytes(784))
    assert content["state"] == "refused"
    assert content["hint"] == "send a whole PNG, JPEG, GIF, BMP, WebP or TIFF file"


@pytest.mark.parametrize("format_", FORMATS)
def test_without_a_server_all_is_down(answers: PageAnswers, format_: str) -> None:
    file = saved(digit(3), format_)
    for content in (
        refusal(answers, "predict", file),
        refusal(answers, "explain", file),
        answers.status({})["refusal"],
    ):
        assert content["state"] == "down"
        assert content["hint"] == "start it with scripts/up"
