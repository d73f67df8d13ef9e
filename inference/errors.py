"""Errors that clients see. The messages are where errors are raised, most hints in ``hints.py``.

ServiceError                      an HTTP status, a type, a message and a hint
├── BadRequest             400    malformed request
│   ├── EmptyBody                 empty body
│   ├── InvalidEncoding           invalid compressed body
│   ├── InvalidForm               invalid form, or form without a field `data`
│   ├── InvalidImage              image file that cannot be decoded
│   ├── InvalidNumbers            wrong count, range or type of numbers
│   │   └── InvalidPixels         wrong count, range or type of pixels
│   ├── InvalidJSON               invalid JSON, or JSON without a known key
│   ├── InvalidTensor             invalid Open Inference Protocol request
│   └── InvalidQuery              explanations: unknown parameter, or value out of range
├── TooLarge               413    limit exceeded, see [Limits](#limits)
├── UnsupportedMedia       415    unsupported format or encoding
├── InternalError          500    internal error of the service
├── NotSupported           501    explanations: not available for this model
└── Overloaded             503    over the client's share of a batch's time; try again after `Retry-After` seconds
"""

from collections.abc import Mapping
from types import MappingProxyType

import orjson


class ServiceError(Exception):
    """Error that is sent to the client. ``hint`` says what to send instead."""

    status = 500
    phrase = "Internal Server Error"
    headers: Mapping[str, str] = MappingProxyType({})

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def body(self) -> bytes:
        """Return the JSON for the client: the three keys of TorchServe's errors, and the hint."""
        name = type(self).__name__
        return orjson.dumps({"code": self.status, "type": name, "message": self.message, "hint": self.hint})


class BadRequest(ServiceError):  # noqa: N818 - has the name of its status, as in the tree above
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
