"""Requests and answers, independent of any server."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import NamedTuple

import orjson

from inference.errors import ServiceError

JSON = "application/json"
EXAMPLES = "X-Examples"  # header of an answer: the number of its examples
_NONE: Mapping[str, str] = MappingProxyType({})


class Message(NamedTuple):
    """A request's body with its content type and headers; the headers' names are in lower case."""

    body: bytes
    content_type: str = ""
    headers: Mapping[str, str] = _NONE

    @property
    def media_type(self) -> str:
        """The content type without its parameters, in lower case."""
        return _media_type(self.content_type)


@lru_cache(maxsize=256)
def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


class Answer(NamedTuple):
    """Response: body, content type, status, further headers, and the type of its error."""

    body: bytes
    content_type: str = JSON
    status: int = 200
    phrase: str = "OK"
    headers: Mapping[str, str] = _NONE
    error: str = ""

    def counted(self, examples: int) -> "Answer":
        """Return the same with the number of its examples, which the gateway counts; absent means one."""
        return self._replace(headers={**self.headers, EXAMPLES: str(examples)})

    @classmethod
    def of_error(cls, error: ServiceError) -> "Answer":
        return cls(
            error.body(), status=error.status, phrase=error.phrase, headers=error.headers, error=type(error).__name__
        )


@dataclass(frozen=True)
class Identity:
    """Identity of the model: its registered name and version, and the sha256 of its weights."""

    name: str
    version: str
    sha256: str

    @property
    def weights(self) -> str:
        """The hash's first 12 characters, as clients see it."""
        return self.sha256[:12]

    @cached_property
    def json(self) -> bytes:
        """Return the JSON of the model in every prediction."""
        return orjson.dumps({"name": self.name, "version": self.version, "weights": self.weights})
