"""Batches as a TorchServe worker passes them to a handler, made by TorchServe's own code."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ts.context import Context
from ts.protocol.otf_message_handler import create_predict_response
from ts.service import Service

from handlers.inference_handler import InferenceHandler
from inference import bundle, golden, runtimes
from inference.bundle import Bundle
from inference.classifier import Classifier
from inference.http_message import Message
from inference.spec import ModelSpec, Rows
from model import SPEC
from tests import recipe


@dataclass(frozen=True)
class Reply:
    """Answer to one request of a batch."""

    status: int
    phrase: str | None
    body: bytes
    headers: dict[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Sent:
    """A request as the frontend passes it on: parameters with their types, and the headers of the client.

    The parameter of an HTTP body is ``body``. A field of a form or a gRPC call has its own name.
    """

    parameters: Mapping[str, tuple[Any, str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def http(cls, message: Message, **headers: str) -> "Sent":
        """Return a message as an HTTP body, with its content type, its headers and these headers."""
        kind = {"content-type": message.content_type} if message.content_type else {}
        body = {"body": (bytearray(message.body), message.content_type)}
        return cls(body, {**kind, **message.headers, **headers})

    def raw(self, request_id: str) -> dict[str, Any]:
        parameters = [
            {"name": name, "value": value, "contentType": kind} for name, (value, kind) in self.parameters.items()
        ]
        headers = [{"name": key.encode(), "value": value.encode()} for key, value in self.headers.items()]
        return {"requestId": request_id.encode(), "parameters": parameters, "headers": headers}


def model_dir(
    directory: Path, loaded: Bundle, weights: Path, samples: Rows | None = None, runtime: str = "numpy"
) -> Path:
    """Write a folder like the one into which TorchServe unpacks an archive, with the files that a worker needs.

    samples  examples for the golden samples; drawn digits if None
    """
    model = {"modelName": loaded.spec.name, "modelVersion": "1.0", "handler": "inference_handler.py"}
    golden_rows = recipe.drawn(*range(10)) if samples is None else samples
    (directory / "MAR-INF").mkdir(parents=True)
    (directory / "MAR-INF" / "MANIFEST.json").write_text(json.dumps({"model": model}))
    (directory / bundle.WEIGHTS).write_bytes(weights.read_bytes())
    (directory / runtimes.FILE).write_text(f"{runtime}\n")
    (directory / golden.FILE).write_bytes(golden.record(golden_rows, Classifier(loaded).predict(golden_rows)))
    return directory


class Worker:
    """A handler, initialised and called as TorchServe's worker does."""

    def __init__(self, directory: Path, spec: ModelSpec = SPEC) -> None:
        self.handler = InferenceHandler(spec)
        manifest = json.loads((directory / "MAR-INF" / "MANIFEST.json").read_text())
        service = Service(spec.name, str(directory), manifest, self.handler.handle, None, 64)
        self._context: Context = service.context
        self.handler.initialize(self._context)

    def answer(self, batch: Sequence[Sent]) -> list[Reply]:
        """Return the reply to each request. Raises the errors of the handler, and those that prevent a reply."""
        raw = [sent.raw(f"request-{index}") for index, sent in enumerate(batch)]
        processors, data, ids = Service.retrieve_data_for_inference(raw)
        context = self._context
        context.request_processor, context.request_ids = processors, ids
        bodies = self.handler.handle(data, context)
        assert isinstance(bodies, list)
        create_predict_response(bodies, ids, "Prediction success", 200, context=context)
        return [self._reply(index, body) for index, body in enumerate(bodies)]

    def _reply(self, index: int, body: bytes) -> Reply:
        status, phrase = self._context.get_response_status(index)
        return Reply(status, phrase, body, dict(self._context.get_response_headers(index)))
