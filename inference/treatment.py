"""Format of an example, and the preprocessing steps applied to it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson


@dataclass(frozen=True)
class Treatment:
    """Entry of one example under ``input`` in an answer.

    format         format of the file, name of the datatype, "raw" or "numbers"
    width, height  size of an image in pixels; 0 for other examples
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
