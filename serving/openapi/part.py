"""Part of the OpenAPI document for one model: paths, requests and answers with its shapes and labels."""

from collections.abc import Mapping
from typing import Any

import orjson

from inference.protocols.datatypes import readable
from inference.spec import CLASSES, TENSORS, TEXT, VALUES
from serving.openapi import explanation, named
from serving.openapi.interface import Interface
from serving.openapi.schemas import Schema, nested, ref
from serving.openapi.template import load


def part(model: Interface) -> Schema:
    """Return the paths and components of a model. The names of components begin with the model's name."""
    words: dict[str, Any] = {
        "@name": model.name,
        "@example": model.input.example,
        "@key": model.output.key,
        "@most": model.input.most,
        "@score": model.score,
    }
    words |= named.words(model) if model.inputs else _words_of_rows(model)
    words |= _words_of_answers(model) | explanation.words(model)
    filled: Schema = _filled(load("model.yaml"), words)
    components = filled["components"]
    schemas, content = components["schemas"], components["requestBodies"][f"{model.name}.Examples"]["content"]
    if model.inputs:
        del schemas[f"{model.name}.Raw"], schemas[f"{model.name}.Columns"], content["multipart/form-data"]
    if model.output.kind != CLASSES:
        properties = _answer(model, schemas[f"{model.name}.Prediction"]["properties"])
        schemas[f"{model.name}.Prediction"] |= {"required": [*properties], "properties": properties}
        explanation.leave_out_classes(model, schemas[f"{model.name}.Explanation"])
    if not model.methods:
        del filled["paths"][f"/explanations/{model.name}"], schemas[f"{model.name}.Explanation"]
        del components["parameters"], components["responses"][f"{model.name}.Explained"]
    if model.example:
        answer = components["responses"][f"{model.name}.Predicted"]["content"]["application/json"]
        content["application/json"]["examples"] = {model.input.example: {"value": model.example.request}}
        answer["examples"] = {model.input.example: {"value": model.example.answer}}
    return filled


def _words_of_rows(model: Interface) -> Schema:
    spec, number, example = model.input, ref("Number", model), ref("Example", model)
    flat_or_nested = [(spec.size,), spec.shape]
    lists = dict.fromkeys([*flat_or_nested, *spec.list_shapes])
    tensors = dict.fromkeys([*flat_or_nested, *spec.tensor_shapes])
    kinds = {kind.name: _range(kind.limits) for kind in readable(spec).values()}
    instance, files = example, ""
    if model.files:
        kinds["BYTES"], files = "image files", "; of files [N] or [N,1]"
        b64 = {"type": "object", "required": ["b64"], "properties": {"b64": ref("Base64")}}
        instance = {"anyOf": [example, b64, ref("Base64")]}
    layouts = " or ".join(f"[N,{','.join(map(str, shape))}]" for shape in tensors)
    size = {"type": "integer", "minimum": 1} if spec.treatment("").width or model.files else None
    about = f"{spec.row_bytes} bytes{spec.meaning}: {spec.datatype}, little-endian."
    return {
        "@number": {"type": "number"} | _bounds(spec.limits),
        "@one": {"description": _example(model), "anyOf": [nested(layout, number) for layout in lists]},
        "@raw": f"1 to {spec.most} {spec.example}s of {about}",
        "@columns": ref("Columns", model),
        "@v1": {"anyOf": [ref("Instances", model), ref("Columns", model)]},
        "@body": ref("Raw", model),
        "@file": {"schema": ref("ImageFile")} if model.files else None,
        "@form": ref("ImageFile") if model.files else ref("Raw", model),
        "@instance": instance,
        "@fewest": 1,
        "@inputs": 1,
        "@identified": None,
        "@tensor": {"type": "string"},
        "@datatype": {
            "enum": list(kinds),
            "description": "; ".join(f"{name}: {meaning}" for name, meaning in kinds.items()) + ".",
        },
        "@shape": {
            "type": "array",
            "minItems": 1,
            "items": {"type": "integer", "minimum": -1},
            "description": f"{layouts}{files}. One side may be -1.",
            "maxItems": 1 + max(map(len, tensors)),
        },
        "@data": "The elements, flat or nested; files in base64. Null beside binary data.",
        "@tensors": None,
        "@size": size,
        "@width": "width" if spec.treatment("").width else None,
        "@height": "height" if spec.treatment("").width else None,
    }


def _words_of_answers(model: Interface) -> Schema:
    output = model.output
    words: Schema = {
        "@label": None,
        "@probabilities": None,
        "@outputs": [*output.tensor_names],
        "@count": len(output.tensor_names),
        "@sides": 2,
    }
    if output.kind == VALUES:
        return words | {"@elements": {"enum": ["FP32"]}, "@element": _NUMBER}
    if output.kind == TENSORS:
        return words | {"@elements": {"type": "string"}, "@element": None, "@sides": None}
    labels, text = [orjson.loads(label) for label in output.json], output.datatype == TEXT
    return words | {
        "@label": {"type": "string" if text else "integer", "enum": labels},
        "@probabilities": {
            "description": "One for each label, in the order of the labels.",
            **nested((len(labels),), ref("Probability")),
        },
        "@elements": {"enum": [output.datatype, "FP32"]},
        "@element": {"type": ["number", "string"] if text else "number"},
    }


_NUMBER: Schema = {"type": ["number", "null"]}  # null if it is not finite


def _answer(model: Interface, properties: Schema) -> Schema:
    """Return the members of an answer without classes: values, by name if they have names, or the network's outputs."""
    names = model.output.names
    if model.output.kind == TENSORS:
        return {name: {} for name in model.output.tensors}
    values: Schema = {"type": "array", "items": _NUMBER}
    if names:
        values = {"type": "object", "required": [*names], "properties": dict.fromkeys(names, _NUMBER)}
    return {"values": values, "model": properties["model"], "input": properties["input"]}


def _filled(node: Any, words: Mapping[str, Any]) -> Any:
    """Return a copy of a template with values in place of their @names.

    A text that is only an @name becomes the value itself; if it is None, the member or element is left out.
    """
    if isinstance(node, dict):
        items = ((_filled(key, words), _filled(value, words)) for key, value in node.items())
        return {key: value for key, value in items if value is not None}
    if isinstance(node, list):
        return [value for item in node if (value := _filled(item, words)) is not None]
    if not isinstance(node, str) or "@" not in node:
        return node
    if node in words:
        return words[node]
    for name, word in words.items():
        node = node.replace(name, str(word))
    return node


def _bounds(limits: tuple[float, float] | None) -> Schema:
    return {} if limits is None else dict(zip(("minimum", "maximum"), map(_short, limits), strict=True))


def _range(limits: tuple[float, float] | None) -> str:
    return "any finite number" if limits is None else "{} to {}".format(*map(_short, limits))


def _short(number: float) -> float:
    return int(number) if number == int(number) else number


def _example(model: Interface) -> str:
    spec = model.input
    nested = f", flat or nested as {' x '.join(map(str, spec.shape))}" if len(spec.shape) > 1 else ""
    scaled = " Fractions that are all within 0 to 1 are scaled." if spec.scale is not None else ""
    limits = "" if spec.limits is None else f" from {_range(spec.limits)}"
    columns = f", in the order {', '.join(spec.columns)}" if spec.columns else ""
    return f"One {spec.example}: {spec.size} {spec.number}s{limits}{spec.meaning}{nested}{columns}.{scaled}"
