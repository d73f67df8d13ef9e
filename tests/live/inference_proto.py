"""TorchServe's gRPC inference service: the messages that a prediction needs, without generated code."""

from typing import Any

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_PACKAGE = "org.pytorch.serve.grpc.inference"
_FIELD = descriptor_pb2.FieldDescriptorProto


def predict(address: str, key: str, model: str, inputs: dict[str, bytes]) -> bytes:
    """Call Predictions with the key in the metadata. Raises grpc.RpcError if the call is refused."""
    request_type, response_type = _messages()
    with grpc.insecure_channel(address) as channel:
        call = channel.unary_unary(
            f"/{_PACKAGE}.InferenceAPIsService/Predictions",
            request_serializer=request_type.SerializeToString,
            response_deserializer=response_type.FromString,
        )
        metadata = (("protocol", "gRPC"), ("authorization", f"Bearer {key}"))
        response = call(request_type(model_name=model, input=inputs), metadata=metadata, timeout=30)
    return bytes(response.prediction)


def _messages() -> tuple[Any, Any]:
    file = descriptor_pb2.FileDescriptorProto(name="inference.proto", package=_PACKAGE, syntax="proto3")
    request = file.message_type.add(name="PredictionsRequest")
    request.field.add(name="model_name", number=1, type=_FIELD.TYPE_STRING, label=_FIELD.LABEL_OPTIONAL)
    entry = request.nested_type.add(name="InputEntry", options={"map_entry": True})
    entry.field.add(name="key", number=1, type=_FIELD.TYPE_STRING, label=_FIELD.LABEL_OPTIONAL)
    entry.field.add(name="value", number=2, type=_FIELD.TYPE_BYTES, label=_FIELD.LABEL_OPTIONAL)
    kind = f".{_PACKAGE}.PredictionsRequest.InputEntry"
    request.field.add(name="input", number=3, type=_FIELD.TYPE_MESSAGE, label=_FIELD.LABEL_REPEATED, type_name=kind)
    response = file.message_type.add(name="PredictionResponse")
    response.field.add(name="prediction", number=1, type=_FIELD.TYPE_BYTES, label=_FIELD.LABEL_OPTIONAL)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    names = (f"{_PACKAGE}.PredictionsRequest", f"{_PACKAGE}.PredictionResponse")
    request_type, response_type = (message_factory.GetMessageClass(pool.FindMessageTypeByName(name)) for name in names)
    return request_type, response_type
