"""The error tree: status, type, message and hint, with TorchServe's keys."""

import json

import pytest

from inference import errors
from inference.errors import ServiceError
from inference.http_message import JSON, Answer

STATUSES = {
    "EmptyBody": 400,
    "InvalidEncoding": 400,
    "InvalidForm": 400,
    "InvalidImage": 400,
    "InvalidPixels": 400,
    "InvalidJSON": 400,
    "InvalidTensor": 400,
    "InvalidQuery": 400,
    "TooLarge": 413,
    "Overloaded": 503,
    "UnsupportedMedia": 415,
    "InternalError": 500,
    "NotSupported": 501,
}


@pytest.mark.parametrize("name", STATUSES)
def test_the_body_names_the_status_and_the_type(name: str) -> None:
    kind: type[ServiceError] = getattr(errors, name)
    body = json.loads(kind("what was wrong", "what to send").body())
    assert list(body.items()) == [
        ("code", STATUSES[name]),
        ("type", name),
        ("message", "what was wrong"),
        ("hint", "what to send"),
    ]


@pytest.mark.parametrize("name", STATUSES)
def test_an_error_is_an_answer(name: str) -> None:
    error: ServiceError = getattr(errors, name)("message", "hint")
    answer = Answer.of_error(error)
    assert (answer.body, answer.content_type, answer.status) == (error.body(), JSON, STATUSES[name])
    assert answer.phrase


def test_the_tree_at_the_top_of_the_module_is_the_tree() -> None:
    drawn = errors.__doc__ or ""
    classes = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, ServiceError)]
    leaves = {class_.__name__ for class_ in classes if not class_.__subclasses__()}
    assert leaves == STATUSES.keys()
    assert all(class_.__name__ in drawn for class_ in classes)


def test_a_message_is_kept_whatever_its_script() -> None:
    assert json.loads(errors.InvalidJSON("é 七 \x00", "hint").body())["message"] == "é 七 \x00"
