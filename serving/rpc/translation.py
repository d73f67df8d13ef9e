"""ModelInfer as the same request over HTTP, with the binary tensor data extension both ways."""

import re
from typing import Any

import orjson
from open_inference.grpc import protocol

from serving.rpc.errors import InvalidError, NotFoundError
from serving.rpc.http import Response
from serving.rpc.tensors import encoded, fill, parameters

HEADER = "inference-header-content-length"
_SIZE = "binary_data_size"
_Output = protocol.ModelInferResponse.InferOutputTensor
_NAME, _VERSION = re.compile(r"[0-9A-Za-z._-]{1,64}"), re.compile(r"[0-9A-Za-z._-]{1,32}")


def path(name: str, version: str) -> str:
    """Return the path of a model's predictions. Raises NotFoundError for an invalid name."""
    if not _NAME.fullmatch(name) or not (version == "" or _VERSION.fullmatch(version)):
        raise NotFoundError(f"unknown model {name!r:.80}, version {version!r:.40}")
    return f"/predictions/{name}/{version}" if version else f"/v2/models/{name}/infer"


def request(message: Any) -> tuple[int, bytes]:
    """Return a ModelInferRequest as the body of an HTTP request, and the length of the JSON at its beginning.

    Raises InvalidError for tensors whose data is missing, of another datatype, or there twice.
    """
    raw = message.raw_input_contents
    if raw and len(raw) != len(message.inputs):
        raise InvalidError(f"raw_input_contents has {len(raw)} members for {len(message.inputs)} inputs: send one each")
    if raw and any(tensor.HasField("contents") for tensor in message.inputs):
        raise InvalidError("an input has contents beside raw_input_contents: send one of them")
    data = raw or [encoded(tensor) for tensor in message.inputs]
    head: dict[str, Any] = {
        "inputs": [_input(tensor, len(part)) for tensor, part in zip(message.inputs, data, strict=True)]
    }
    if message.id:
        head["id"] = message.id
    general = parameters(message.parameters)
    if message.outputs:
        head["outputs"] = [
            {"name": output.name, "parameters": parameters(output.parameters) | {"binary_data": True}}
            for output in message.outputs
        ]
    else:
        general["binary_data_output"] = True
    if general:
        head["parameters"] = general
    text = orjson.dumps(head)
    return len(text), b"".join((text, *data))


def answer(response: Response) -> Any:
    """Return the ModelInferResponse of an answer over HTTP.

    Raises ValueError, KeyError or TypeError if it is none of this protocol.
    """
    start = int(response.headers.get(HEADER, len(response.body)))
    head = orjson.loads(response.body[:start])
    tensors, raw = [], []
    for output in head["outputs"]:
        given = output["parameters"]
        end = start + given.pop(_SIZE)
        raw.append(response.body[start:end])
        start = end
        tensors.append(_Output(name=output["name"], datatype=output["datatype"], shape=output["shape"]))
        if given:
            fill(tensors[-1].parameters, given.items())
    made = protocol.ModelInferResponse(
        model_name=head["model_name"],
        model_version=head.get("model_version", ""),
        id=head.get("id", ""),
        outputs=tensors,
        raw_output_contents=raw,
    )
    if "parameters" in head:
        fill(made.parameters, head["parameters"].items())
    return made


def metadata(content: dict[str, Any]) -> Any:
    """Return the ModelMetadataResponse of the metadata that the gateway has in JSON."""
    made = protocol.ModelMetadataResponse(
        name=content["name"], versions=content["versions"], platform=content["platform"]
    )
    for field in ("inputs", "outputs"):
        for tensor in content[field]:
            getattr(made, field).add(name=tensor["name"], datatype=tensor["datatype"], shape=tensor["shape"])
    return made


def _input(tensor: Any, size: int) -> dict[str, Any]:
    given = parameters(tensor.parameters) | {_SIZE: size}
    return {"name": tensor.name, "shape": [*tensor.shape], "datatype": tensor.datatype, "parameters": given}
