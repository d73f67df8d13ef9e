"""What the page may ask, before any server is."""

import base64
from pathlib import Path
from typing import Any

import pytest

from playground.answers import Answers
from playground.service import Service
from tests.pictures import FORMATS, digit, saved


@pytest.fixture
def answers(tmp_path: Path) -> Answers:
    """With no server in the folder."""
    return Answers(Service(tmp_path), limit=50_000)


@pytest.mark.parametrize("asked", [{}, {"image": None}, {"image": "?"}, {"image": 7}, {"image": "AAA"}])
@pytest.mark.parametrize("name", ["predict", "explain"])
def test_a_question_without_an_image(answers: Answers, name: str, asked: dict[str, Any]) -> None:
    told = getattr(answers, name)(asked)
    assert told == {"refusal": {"state": "refused", "message": "The page sent no image", "hint": "load the page again"}}


def test_too_large_an_image(answers: Answers) -> None:
    told = answers.predict({"image": base64.b64encode(bytes(50_001)).decode()})["refusal"]
    assert (told["message"], told["hint"]) == ("The image has 50001 bytes", "take one of at most 50000")


@pytest.mark.parametrize("format_", FORMATS)
def test_without_a_server_all_is_down(answers: Answers, format_: str) -> None:
    image = base64.b64encode(saved(digit(3), format_)).decode()
    for told in (answers.predict({"image": image}), answers.explain({"image": image}), answers.status({})):
        assert told["refusal"]["state"] == "down"
        assert told["refusal"]["hint"] == "start it with scripts/up"
