"""Messages of the page when there is no answer."""

import httpx
import pytest

from inference.errors import InvalidImage
from playground import refusal


def test_the_service_s_own_words_and_hint_are_passed_on() -> None:
    body = InvalidImage("the bytes are not an image file", "send a whole file").body()
    answer = refusal.of_response(httpx.Response(400, content=body))
    assert (answer.state, answer.message, answer.hint) == (
        "refused",
        "the bytes are not an image file",
        "send a whole file",
    )


@pytest.mark.parametrize("status", [404, 503])
def test_what_passes_by_itself_is_called_busy(status: int) -> None:
    body = {"code": status, "type": "ServiceUnavailableException", "message": "no worker"}
    answer = refusal.of_response(httpx.Response(status, json=body))
    assert (answer.state, answer.hint, answer.status) == ("busy", "no worker", status)


def test_a_413_of_torchserve_has_no_body() -> None:
    assert refusal.of_response(httpx.Response(413)).hint == "take a smaller one"


@pytest.mark.parametrize("body", ["<h1>Bad Gateway</h1>", "[]", "null", '{"detail": 1}'])
def test_an_answer_in_no_known_form_is_quoted(body: str) -> None:
    answer = refusal.of_response(httpx.Response(502, text=body))
    assert answer.message == f"The service answered 502 {body}"
    assert answer.hint == "see .run/logs"


def test_as_json() -> None:
    content = refusal.down().json()["refusal"]
    assert content == {"state": "down", "message": "The service is not running", "hint": "start it with scripts/up"}
