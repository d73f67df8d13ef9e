"""Calls of inference.GRPCInferenceService, answered by requests to the gateway.

The gateway checks keys, scopes and limits, and TorchServe batches these requests with all others.
"""

from collections.abc import Mapping
from typing import Any

import orjson
from google.protobuf.message import DecodeError
from open_inference.grpc import protocol

from serving.rpc import fields, translation
from serving.rpc.errors import CallRefusedError, InvalidError
from serving.rpc.http import Headers, Response
from serving.rpc.server import Call
from serving.rpc.upstream import Upstream

SERVICE = "inference.GRPCInferenceService"
_PASSED = ("authorization", "x-request-id")  # headers that are forwarded to the gateway
_OK, _UNAVAILABLE = 200, 503


class Calls:
    """Answers to the calls of the service, through an HTTP server with the Open Inference Protocol."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream

    @property
    def table(self) -> Mapping[str, Call]:
        """Return the calls by path, for a server."""
        answers = {
            "ServerLive": self._server_live,
            "ServerReady": self._server_ready,
            "ModelReady": self._model_ready,
            "ServerMetadata": self._server_metadata,
            "ModelMetadata": self._model_metadata,
            "ModelInfer": self._model_infer,
        }
        return {
            f"/{SERVICE}/{name}": Call(_reader(getattr(protocol, f"{name}Request")), answer)
            for name, answer in answers.items()
        }

    async def _server_live(self, _: Any, headers: Headers) -> Any:
        return protocol.ServerLiveResponse(live=(await self._upstream.get("/livez")).status == _OK)

    async def _server_ready(self, _: Any, headers: Headers) -> Any:
        return protocol.ServerReadyResponse(ready=(await self._upstream.get("/readyz")).status == _OK)

    async def _model_ready(self, message: Any, headers: Headers) -> Any:
        """Answer ModelReady. An unknown model is an error, as over HTTP."""
        response = await self._upstream.get(f"{_model(message)}/ready")
        if response.status not in (_OK, _UNAVAILABLE):
            raise CallRefusedError(response)
        return protocol.ModelReadyResponse(ready=response.status == _OK)

    async def _server_metadata(self, _: Any, headers: Headers) -> Any:
        content = _content(await self._upstream.get("/v2"))
        return protocol.ServerMetadataResponse(**{key: content[key] for key in ("name", "version", "extensions")})

    async def _model_metadata(self, message: Any, headers: Headers) -> Any:
        return translation.metadata(_content(await self._upstream.get(_model(message))))

    async def _model_infer(self, message: Any, headers: Headers) -> Any:
        path = translation.path(message.model_name, message.model_version)
        length, body = translation.request(message)
        lines = [(name, headers[name]) for name in _PASSED if name in headers]
        lines += (("content-type", "application/octet-stream"), (translation.HEADER, str(length)))
        response = await self._upstream.post(path, lines, body)
        if response.status != _OK:
            raise CallRefusedError(response)
        return translation.answer(response)


def _reader(kind: Any) -> Any:
    def read(content: bytes) -> Any:
        if kind is protocol.ModelInferRequest:
            fields.check(content)
        try:
            return kind.FromString(content)
        except DecodeError as error:
            raise InvalidError(f"the message is not a valid {kind.DESCRIPTOR.name}") from error

    return read


def _model(message: Any) -> str:
    """Return the path of a model's metadata. Raises NotFoundError for an invalid name."""
    translation.path(message.name, message.version)
    return f"/v2/models/{message.name}" + (f"/versions/{message.version}" if message.version else "")


def _content(response: Response) -> dict[str, Any]:
    if response.status != _OK:
        raise CallRefusedError(response)
    content: dict[str, Any] = orjson.loads(response.body)
    return content
