"""Errors that the page shows."""

from typing import Any

import httpx

_PASSING = {404: "The model is not loaded yet", 503: "The service has no worker free"}  # temporary states
_WHERE_LOGS_ARE = "see .run/logs"


class Refusal(Exception):  # noqa: N818 - it is an answer, if not the one that was asked for
    """Error that the page shows instead of an answer.

    state    ``down``: no service answers; ``busy``: it will answer soon; ``refused``: a repetition would not help
    message  a sentence that says what is wrong
    hint     the remedy
    status   HTTP status of the service's answer; 0 if there was none
    """

    def __init__(self, state: str, message: str, hint: str, status: int = 0) -> None:
        super().__init__(message)
        self.state = state
        self.message = message
        self.hint = hint
        self.status = status

    def json(self) -> dict[str, Any]:
        return {"refusal": {"state": self.state, "message": self.message, "hint": self.hint}}


def down(why: str = "The service is not running") -> Refusal:
    return Refusal("down", why, "start it with scripts/up")


def of_response(response: httpx.Response) -> Refusal:
    """Return the error of the service as a refusal, with its own message and hint if it sent any."""
    content, status = _error(response), response.status_code
    if status in _PASSING:
        return Refusal("busy", _PASSING[status], content["message"], status)
    return Refusal("refused", content["message"], content.get("hint") or _WHERE_LOGS_ARE, status)


def _error(response: httpx.Response) -> dict[str, str]:
    if response.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE and not response.content:
        return {"message": "The image is too large for the service", "hint": "take a smaller one"}
    try:
        content: dict[str, str] = response.json()
        return {"message": content["message"], "hint": content.get("hint", "")}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {"message": f"The service answered {response.status_code} {response.text[:200].strip()}"}
