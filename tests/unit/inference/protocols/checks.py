"""A check that applies to all errors."""

from inference.errors import ServiceError
from inference.http_message import Message
from tests.messages import decode


def refusal(message: Message) -> ServiceError:
    """Return the error that refuses a message. Check that it has a 4xx status and says what to send."""
    try:
        decode(message)
    except ServiceError as error:
        if not (400 <= error.status < 500 and error.message and error.hint):
            raise AssertionError(f"{error!r} with hint {error.hint!r} is no answer to a client") from error
        return error
    raise AssertionError("the message was read")
