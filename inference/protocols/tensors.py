"""Requests of the Open Inference Protocol, version 2, with its binary tensor data extension."""

from dataclasses import dataclass
from typing import Any

import orjson

from inference.cost import Charge, free
from inference.errors import InvalidTensor
from inference.hints import Hints
from inference.http_message import Answer, Message
from inference.protocols import json_text
from inference.protocols.batch import Answers
from inference.protocols.files import FileReader
from inference.protocols.json_text import JsonObject
from inference.protocols.numbers import shown
from inference.protocols.request import Request
from inference.protocols.tensor_input import TensorReader
from inference.protocols.tensor_output import Output, OutputReader
from inference.spec import ModelSpec

HEADER = "inference-header-content-length"


@dataclass(frozen=True)
class TensorRequest(Request):
    """Request whose answer has the requested output tensors, as JSON or binary, and the id of the request."""

    id: str | None
    outputs: tuple[Output, ...]

    def answer(self, batch: Answers, first: int) -> Answer:
        """Return the v2 response for the examples of the batch from ``first`` on.

        If examples were changed, the parameter ``input`` lists the steps as JSON text: the protocol has no list type.
        """
        part = slice(first, first + len(self.treatments))
        identity = batch.identity
        content: dict[str, Any] = {"model_name": identity.name, "model_version": identity.version}
        if self.id is not None:
            content["id"] = self.id
        if any(treatment.steps for treatment in self.treatments):
            content["parameters"] = {"input": f"[{','.join(treatment.json.decode() for treatment in self.treatments)}]"}
        tensors = [batch.tensor(output.name, part, binary=output.binary) for output in self.outputs]
        content["outputs"] = [head for head, _ in tensors]
        head = orjson.dumps(content)
        binary = b"".join(data for _, data in tensors)
        if not binary:
            return Answer(head)
        headers = {"Inference-Header-Content-Length": str(len(head))}
        return Answer(head + binary, "application/octet-stream", headers=headers)


class RequestReader:
    """Reader of v2 requests: JSON, which binary tensors may follow."""

    def __init__(self, spec: ModelSpec, hints: Hints, files: FileReader | None) -> None:
        self._hints = hints
        self._reader = TensorReader(spec.input, hints, files)
        self._outputs = OutputReader(spec.output, hints)

    def decode(self, sent: JsonObject, binary: bytes | None = None) -> TensorRequest:
        """Read a v2 request. Raises InvalidTensor, InvalidImage or TooLarge.

        binary  bytes after the JSON; None without the binary extension
        """
        inputs, hint = sent.members["inputs"], self._hints.request
        if not isinstance(inputs, list) or len(inputs) != 1 or not isinstance(inputs[0], dict):
            raise InvalidTensor(f"inputs must be a list of one tensor, not {shown(inputs)}", hint)
        named = request_id(sent.members, hint)
        outputs = self._outputs.requested(sent.members)
        rows, treatments = self._reader.read(inputs[0], binary, sent)
        return TensorRequest(rows, treatments, named, outputs)

    def decode_binary(self, message: Message, charge: Charge = free) -> TensorRequest:
        """Read a body of JSON and binary tensors, split at the length in the header."""
        declared, body, hint = message.headers[HEADER], message.body, self._hints.request
        if not (declared.isascii() and declared.isdigit()):
            raise InvalidTensor(f"Inference-Header-Content-Length is {declared[:40]!r}, not a number of bytes", hint)
        length = int(declared[:20])
        if length > len(body):
            raise InvalidTensor(
                f"Inference-Header-Content-Length is {length}, but the body has {len(body)} bytes", hint
            )
        try:
            content = json_text.parse(body[:length], self._hints.fewer, charge)
        except orjson.JSONDecodeError as error:
            raise InvalidTensor(f"the first {length} bytes are not valid JSON: {error}", hint) from error
        if not isinstance(content, dict) or "inputs" not in content:
            raise InvalidTensor("the JSON has no key inputs", hint)
        return self.decode(JsonObject.of(content, body[:length], charge), body[length:])

    def of(self, request: Request) -> TensorRequest:
        """Convert a raw binary request of Triton, which has no JSON, to a request for all outputs."""
        return TensorRequest(request.rows, request.treatments, None, self._outputs.requested({}))


def request_id(content: dict[str, Any], hint: str) -> str | None:
    """Return the id of a request, which the answer repeats. Raises InvalidTensor if it is not a string."""
    identifier = content.get("id")
    if identifier is not None and not isinstance(identifier, str):
        raise InvalidTensor("id must be a string", hint)
    return identifier
