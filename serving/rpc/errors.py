"""Errors of calls, with their gRPC status.

CallError
    InvalidError          the request contradicts itself
    NotFoundError         the name cannot be that of a model
    DeadlineError         the call took longer than the client's deadline
    UnimplementedError    the call or the encoding is not supported
    TooLongError          the message is over the limit
    CallRefusedError      an error that the gateway answered over HTTP
    UpstreamError         a gateway that does not answer
"""

from collections.abc import Mapping
from enum import IntEnum
from http import HTTPStatus

import orjson

from serving.rpc.http import Response


class Code(IntEnum):
    """Status codes of gRPC."""

    OK = 0
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    UNAUTHENTICATED = 16


_CODES = {
    HTTPStatus.UNAUTHORIZED: Code.UNAUTHENTICATED,
    HTTPStatus.FORBIDDEN: Code.PERMISSION_DENIED,
    HTTPStatus.NOT_FOUND: Code.NOT_FOUND,
    HTTPStatus.REQUEST_TIMEOUT: Code.DEADLINE_EXCEEDED,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: Code.RESOURCE_EXHAUSTED,
    HTTPStatus.TOO_MANY_REQUESTS: Code.RESOURCE_EXHAUSTED,
    HTTPStatus.NOT_IMPLEMENTED: Code.UNIMPLEMENTED,
    HTTPStatus.BAD_GATEWAY: Code.UNAVAILABLE,
    HTTPStatus.SERVICE_UNAVAILABLE: Code.UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT: Code.DEADLINE_EXCEEDED,
}


class CallError(Exception):
    """Error that ends a call with ``code``; ``trailer`` is metadata sent with it."""

    code = Code.INTERNAL
    trailer: Mapping[str, str] = {}


class InvalidError(CallError):
    code = Code.INVALID_ARGUMENT


class NotFoundError(CallError):
    code = Code.NOT_FOUND


class DeadlineError(CallError):
    code = Code.DEADLINE_EXCEEDED


class UnimplementedError(CallError):
    code = Code.UNIMPLEMENTED
    trailer: Mapping[str, str] = {"grpc-accept-encoding": "identity, gzip, deflate"}


class TooLongError(CallError):
    code = Code.RESOURCE_EXHAUSTED


class CallRefusedError(CallError):
    """Error from the gateway: its message, its hint, and when to try again."""

    def __init__(self, response: Response) -> None:
        self.code = code(response.status)
        self.trailer = {name: response.headers[name] for name in ("retry-after",) if name in response.headers}
        super().__init__(_text(response))


def code(status: int) -> Code:
    """Return the gRPC status of an HTTP status of 400 or more."""
    return _CODES.get(HTTPStatus(status), Code.INVALID_ARGUMENT if status < 500 else Code.INTERNAL)


def _text(response: Response) -> str:
    try:
        content = orjson.loads(response.body)
        return f"{content['message']}: {content['hint']}"
    except (ValueError, KeyError, TypeError):
        return f"the gateway answered {response.status}"
