"""The form in which an example came, and what preprocessing did to it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson


@dataclass(frozen=True)
class Treatment:
    """One example's entry under ``input`` in an answer.

    format         of a file, a datatype, "raw" or "numbers"
    width, height  of an image, in pixels; 0 if the example is none
    steps          names of the preprocessing steps, in order
    """

    format: str
    width: int = 0
    height: int = 0
    steps: tuple[str, ...] = ()

    @cached_property
    def json(self) -> bytes:
        content: dict[str, Any] = {"format": self.format}
        if self.width:
            content |= {"width": self.width, "height": self.height}
        return orjson.dumps(content | {"steps": list(self.steps)})
