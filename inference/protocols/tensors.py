"""The Open Inference Protocol, version 2, with its binary tensor data extension."""

from dataclasses import dataclass
from typing import Any

import orjson

from inference.cost import Charge, free
from inference.errors import InvalidTensor
from inference.messages import Answer, Message
from inference.protocols import json_text, tensor_input, tensor_output
from inference.protocols.batch import Batch
from inference.protocols.lists import may_have_booleans
from inference.protocols.request import Request
from inference.protocols.tensor_output import Output

HEADER = "inference-header-content-length"
_HINT = 'send {"inputs": [{"name": "pixels", "shape": [1, 784], "datatype": "UINT8", "data": [...]}]}'


@dataclass(frozen=True)
class TensorRequest(Request):
    """Answers with the requested output tensors, as JSON or binary, under the request's id."""

    id: str | None
    outputs: tuple[Output, ...]

    def answer(self, batch: Batch, first: int) -> Answer:
        return tensor_output.answer(self.id, self.outputs, batch, slice(first, first + len(self.images)))


def decode(
    content: dict[str, Any], binary: bytes | None = None, *, booleans: bool, charge: Charge = free
) -> TensorRequest:
    """Read a v2 request from its JSON and, with the binary extension, the bytes that followed it.

    ``booleans``: whether there may be true or false among its numbers.

    Raises InvalidTensor, InvalidImage, InvalidPixels or TooLarge.
    """
    inputs = content["inputs"]
    if not isinstance(inputs, list) or len(inputs) != 1 or not isinstance(inputs[0], dict):
        count = len(inputs) if isinstance(inputs, list) else "no"
        raise InvalidTensor(f"inputs must be a list of one tensor; it has {count}", _HINT)
    request_id = content.get("id")
    if request_id is not None and not isinstance(request_id, str):
        raise InvalidTensor("id must be a string", _HINT)
    outputs = tensor_output.requested(content)
    images, treatments = tensor_input.read(inputs[0], binary, booleans=booleans, charge=charge)
    return TensorRequest(images, treatments, request_id, outputs)


def decode_binary(message: Message, charge: Charge = free) -> TensorRequest:
    """Read a body of JSON and binary tensors, split where the header says."""
    declared = message.headers[HEADER]
    if not (declared.isascii() and declared.isdigit()):
        raise InvalidTensor(f"Inference-Header-Content-Length is {declared[:40]!r}, not a number of bytes", _HINT)
    length = int(declared[:20])
    if length > len(message.body):
        raise InvalidTensor(
            f"Inference-Header-Content-Length is {length}, the body has {len(message.body)} bytes", _HINT
        )
    try:
        content = json_text.parse(message.body[:length])
    except orjson.JSONDecodeError as error:
        raise InvalidTensor(f"the first {length} bytes are not valid JSON: {error}", _HINT) from error
    if not isinstance(content, dict) or "inputs" not in content:
        raise InvalidTensor("the JSON has no key inputs", _HINT)
    return decode(content, message.body[length:], booleans=may_have_booleans(message.body[:length]), charge=charge)
