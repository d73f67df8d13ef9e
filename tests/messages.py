"""Requests as clients send them."""

import base64
import json
from typing import Any

import numpy as np

from inference.classifier import Classifier
from inference.cost import Charge, free
from inference.http_message import JSON, Answer, Identity, Message
from inference.protocols import Batch, Decoder, Request, Template
from inference.protocols.files import FileReader
from model import SPEC, image_file
from model.pixels import Images
from tests.pictures import saved

RAW = "application/octet-stream"
FILES = FileReader(image_file.read)
decode = Decoder(SPEC).decode


def raw(images: Images) -> Message:
    return Message(images.tobytes(), RAW)


def of_json(content: Any, content_type: str = JSON) -> Message:
    return Message(json.dumps(content).encode(), content_type)


def tensor(images: Images, **fields: Any) -> dict[str, Any]:
    """Return a v2 UINT8 tensor of these images. Fields that are None are left out."""
    defaults = {"name": "pixels", "shape": [len(images), 784], "datatype": "UINT8", "data": images.ravel().tolist()}
    return {key: value for key, value in (defaults | fields).items() if value is not None}


def v2(images: Images, tensor_fields: dict[str, Any] | None = None, **fields: Any) -> Message:
    return of_json({"inputs": [tensor(images, **(tensor_fields or {}))]} | fields)


def v2_binary(data: bytes, tensor_fields: dict[str, Any], length: str | None = None, **fields: Any) -> Message:
    """Return a binary tensor data request: JSON, then the bytes. A header has the length of the JSON."""
    entry = {"name": "pixels", "parameters": {"binary_data_size": len(data)}} | tensor_fields
    head = json.dumps({"inputs": [entry]} | fields).encode()
    headers = {"inference-header-content-length": str(len(head)) if length is None else length}
    return Message(head + data, RAW, headers)


def elements(*files: bytes) -> bytes:
    """Return BYTES elements: the length of each in four bytes, then its bytes."""
    return b"".join(len(file).to_bytes(4, "little") + file for file in files)


def b64(file: bytes) -> str:
    return base64.b64encode(file).decode()


def png(image: Images) -> bytes:
    from PIL import Image

    return saved(Image.fromarray(np.ascontiguousarray(image)), "PNG")


def form(*parts: tuple[str, bytes], boundary: str = "b-784") -> Message:
    """Return a multipart form. Each part has headers and content."""
    body = b"".join(
        b"--" + boundary.encode() + b"\r\n" + headers.encode() + b"\r\n\r\n" + content + b"\r\n"
        for headers, content in parts
    )
    return Message(body + b"--" + boundary.encode() + b"--\r\n", f"multipart/form-data; boundary={boundary}")


def answered(request: Request, classifier: Classifier, identity: Identity) -> Answer:
    """Return the answer to a request that is the only one of its batch."""
    return request.answer(batch(classifier, request.rows, identity), 0)


def batch(classifier: Classifier, images: Images, identity: Identity) -> Batch:
    """Return the predictions for images as a batch that can be answered."""
    return Batch(classifier.predict(images), Template(SPEC.output, identity))


def normalised(request: Request, charge: Charge = free) -> Request:
    """Return a request as the network receives it."""
    return request.normalised(SPEC.preprocessing, charge)
