"""Checks of every error."""

from inference.errors import ServiceError
from inference.http_message import Message
from tests.messages import decode


def refusal(message: Message) -> ServiceError:
    """The error that a message is answered with; it has a client's status and says what to send instead."""
    try:
        decode(message)
    except ServiceError as error:
        if not (400 <= error.status < 500 and error.message and error.hint):
            raise AssertionError(f"{error!r} with hint {error.hint!r} is no answer to a client") from error
        return error
    raise AssertionError("the message was read")
