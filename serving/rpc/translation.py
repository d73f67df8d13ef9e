"""Translation of ModelInfer to a request over HTTP and back, with the binary tensor data extension."""

import re
from collections.abc import Iterable
from typing import Any

import numpy as np
import orjson
from open_inference.grpc import protocol

from serving.rpc.errors import InvalidError, NotFoundError, TooLongError
from serving.rpc.http import Response

HEADER = "inference-header-content-length"
_SIZE = "binary_data_size"
_Output = protocol.ModelInferResponse.InferOutputTensor
_NAME, _VERSION = re.compile(r"[0-9A-Za-z._-]{1,64}"), re.compile(r"[0-9A-Za-z._-]{1,32}")
_LENGTH = 4  # bytes before each element of BYTES
_MOST = 1 << 22  # most numbers in a list: 4,096 small images have 3.2 million
_LISTS = {  # datatype -> field of its typed contents
    "BOOL": "bool_contents",
    **dict.fromkeys(("INT8", "INT16", "INT32"), "int_contents"),
    "INT64": "int64_contents",
    **dict.fromkeys(("UINT8", "UINT16", "UINT32"), "uint_contents"),
    "UINT64": "uint64_contents",
    "FP32": "fp32_contents",
    "FP64": "fp64_contents",
    "BYTES": "bytes_contents",
}
_PARAMETERS = {bool: "bool_param", int: "int64_param", str: "string_param"}


def path(name: str, version: str) -> str:
    """Return the path of a model's predictions. Raises NotFoundError for an invalid name."""
    if not _NAME.fullmatch(name) or not (version == "" or _VERSION.fullmatch(version)):
        raise NotFoundError(f"unknown model {name!r:.80}, version {version!r:.40}")
    return f"/predictions/{name}/{version}" if version else f"/v2/models/{name}/infer"


def request(message: Any) -> tuple[int, bytes]:
    """Convert a ModelInferRequest to the body of an HTTP request; return the length of its JSON, and the body.

    Raises InvalidError for tensors whose data is missing, of another datatype, or given twice.
    """
    raw = message.raw_input_contents
    if raw and len(raw) != len(message.inputs):
        raise InvalidError(f"raw_input_contents has {len(raw)} elements, not {len(message.inputs)}: send one per input")
    if raw and any(tensor.HasField("contents") for tensor in message.inputs):
        raise InvalidError("the request has both contents and raw_input_contents: send one of them")
    data = raw or [_encoded(tensor) for tensor in message.inputs]
    head: dict[str, Any] = {
        "inputs": [_input(tensor, len(part)) for tensor, part in zip(message.inputs, data, strict=True)]
    }
    if message.id:
        head["id"] = message.id
    general = _parameters(message.parameters)
    if message.outputs:
        head["outputs"] = [
            {"name": output.name, "parameters": _parameters(output.parameters) | {"binary_data": True}}
            for output in message.outputs
        ]
    else:
        general["binary_data_output"] = True
    if general:
        head["parameters"] = general
    text = orjson.dumps(head)
    return len(text), b"".join((text, *data))


def answer(response: Response) -> Any:
    """Convert an HTTP answer to a ModelInferResponse.

    Raises ValueError, KeyError or TypeError if it does not follow the protocol.
    """
    start = int(response.headers.get(HEADER, len(response.body)))
    head = orjson.loads(response.body[:start])
    tensors, raw = [], []
    for output in head["outputs"]:
        parameters = output["parameters"]
        end = start + parameters.pop(_SIZE)
        raw.append(response.body[start:end])
        start = end
        tensors.append(_Output(name=output["name"], datatype=output["datatype"], shape=output["shape"]))
        if parameters:
            _fill(tensors[-1].parameters, parameters.items())
    made = protocol.ModelInferResponse(
        model_name=head["model_name"],
        model_version=head.get("model_version", ""),
        id=head.get("id", ""),
        outputs=tensors,
        raw_output_contents=raw,
    )
    if "parameters" in head:
        _fill(made.parameters, head["parameters"].items())
    return made


def metadata(content: dict[str, Any]) -> Any:
    """Convert the gateway's metadata in JSON to a ModelMetadataResponse."""
    made = protocol.ModelMetadataResponse(
        name=content["name"], versions=content["versions"], platform=content["platform"]
    )
    for field in ("inputs", "outputs"):
        for tensor in content[field]:
            getattr(made, field).add(name=tensor["name"], datatype=tensor["datatype"], shape=tensor["shape"])
    return made


def _input(tensor: Any, size: int) -> dict[str, Any]:
    parameters = _parameters(tensor.parameters) | {_SIZE: size}
    return {"name": tensor.name, "shape": [*tensor.shape], "datatype": tensor.datatype, "parameters": parameters}


def _encoded(tensor: Any) -> bytes:
    """Return the contents of an InferInputTensor as bytes.

    Raises InvalidError for a datatype without typed contents, for contents of another datatype, and for a number that
    the datatype cannot hold. Raises TooLongError for over four million numbers, because their conversion is slow.
    """
    name, datatype = tensor.name, tensor.datatype
    if datatype not in _LISTS:
        raise InvalidError(f"tensor {name!r:.80} has datatype {datatype!r:.20}: send its data as raw_input_contents")
    field = _LISTS[datatype]
    contents = tensor.contents
    if others := sorted({field_set.name for field_set, _ in contents.ListFields()} - {field}):
        raise InvalidError(f"tensor {name!r:.80} is {datatype} and has {others[0]}: send {field}")
    values = getattr(contents, field)
    if len(values) > _MOST:
        raise TooLongError(f"tensor {name!r:.80} has {len(values)} numbers: send its data as raw_input_contents")
    if datatype == "BYTES":
        return b"".join(part for value in values for part in (len(value).to_bytes(_LENGTH, "little"), value))
    dtype = np.dtype(datatype.lower().replace("fp", "float")).newbyteorder("<")
    try:
        return np.fromiter(values, dtype, len(values)).tobytes()
    except OverflowError:
        bounds = np.iinfo(dtype)
        raise InvalidError(
            f"tensor {name!r:.80} is {datatype}: send numbers from {bounds.min} to {bounds.max}"
        ) from None


def _parameters(parameters: Any) -> dict[str, object]:
    """Convert a map of InferParameter to JSON values."""
    return {
        name: getattr(value, value.WhichOneof("parameter_choice") or "", None) for name, value in parameters.items()
    }


def _fill(target: Any, parameters: Iterable[tuple[str, object]]) -> None:
    """Set a map of InferParameter from JSON, except values that are not numbers, texts or booleans."""
    for name, value in parameters:
        if field := _PARAMETERS.get(type(value)):
            setattr(target[name], field, value)
