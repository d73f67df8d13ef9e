"""HTTP requests and answers, independent of any server."""

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
    """Body, content type and headers of a request. Header names are in lower case."""

    body: bytes
    content_type: str = ""
    headers: Mapping[str, str] = _NONE

    @property
    def media_type(self) -> str:
        """Return the content type without its parameters, in lower case."""
        return _media_type(self.content_type)


@lru_cache(maxsize=256)
def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


class Answer(NamedTuple):
    """Response to a request. ``error`` is the class name of a ServiceError; empty for a successful answer."""

    body: bytes
    content_type: str = JSON
    status: int = 200
    phrase: str = "OK"
    headers: Mapping[str, str] = _NONE
    error: str = ""

    def counted(self, examples: int) -> "Answer":
        """Return this answer with the header X-Examples, which the gateway counts. Without the header it counts one."""
        return self._replace(headers={**self.headers, EXAMPLES: str(examples)})

    @classmethod
    def of_error(cls, error: ServiceError) -> "Answer":
        return cls(
            error.body(), status=error.status, phrase=error.phrase, headers=error.headers, error=type(error).__name__
        )


@dataclass(frozen=True)
class Identity:
    """Registered name and version of the model, and the sha256 of its weights."""

    name: str
    version: str
    sha256: str

    @property
    def weights(self) -> str:
        """Return the first 12 characters of the hash, as in answers."""
        return self.sha256[:12]

    @cached_property
    def json(self) -> bytes:
        """Return the JSON that describes the model in every prediction."""
        return orjson.dumps({"name": self.name, "version": self.version, "weights": self.weights})
