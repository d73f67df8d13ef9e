"""Errors that clients see.

ServiceError                      an HTTP status, a type, a message and a hint
├── BadRequest             400    the bytes do not say what they should
│   ├── EmptyBody                 nothing was sent
│   ├── InvalidEncoding           a compressed body that cannot be unpacked
│   ├── InvalidForm               a form that cannot be taken apart, or has no field data
│   ├── InvalidImage              an image file that cannot be decoded
│   ├── InvalidNumbers            numbers, or a count of them, that make no example
│   │   └── InvalidPixels         the same of an image's pixels
│   ├── InvalidJSON               not JSON, or JSON without a key that is known
│   ├── InvalidTensor             an Open Inference Protocol request that contradicts itself
│   └── InvalidQuery              a parameter of an explanation that does not exist, or a value that it cannot have
├── TooLarge               413    more pixels or images than one request may hold
├── UnsupportedMedia       415    a format that nobody here reads
├── InternalError          500    a fault of the service
├── NotSupported           501    a request that is understood, and cannot be answered where this runs
└── Overloaded             503    requests beyond the time budget of a batch; Retry-After says when to try again
"""

from collections.abc import Mapping
from types import MappingProxyType

import orjson


class ServiceError(Exception):
    """An answer that is not a prediction. ``hint`` says what to send instead."""

    status = 500
    phrase = "Internal Server Error"
    headers: Mapping[str, str] = MappingProxyType({})

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def body(self) -> bytes:
        """The JSON that a client gets: TorchServe's own three keys and the hint."""
        name = type(self).__name__
        return orjson.dumps({"code": self.status, "type": name, "message": self.message, "hint": self.hint})


class BadRequest(ServiceError):  # noqa: N818 - named for the status, as the tree above is
    status = 400
    phrase = "Bad Request"


class EmptyBody(BadRequest):
    pass


class InvalidEncoding(BadRequest):
    pass


class InvalidForm(BadRequest):
    pass


class InvalidImage(BadRequest):
    pass


class InvalidNumbers(BadRequest):
    pass


class InvalidPixels(InvalidNumbers):
    pass


class InvalidJSON(BadRequest):
    pass


class InvalidTensor(BadRequest):
    pass


class InvalidQuery(BadRequest):
    pass


class TooLarge(ServiceError):  # noqa: N818
    status = 413
    phrase = "Request Entity Too Large"


class UnsupportedMedia(ServiceError):  # noqa: N818
    status = 415
    phrase = "Unsupported Media Type"


class InternalError(ServiceError):
    pass


class NotSupported(ServiceError):  # noqa: N818
    status = 501
    phrase = "Not Implemented"


class Overloaded(ServiceError):  # noqa: N818
    status = 503
    phrase = "Service Unavailable"
    headers = MappingProxyType({"Retry-After": "1"})
