"""The part of the document that describes one model: paths, requests and answers by shapes and labels."""

from collections.abc import Mapping
from typing import Any

import orjson

from inference.explanations.query import QueryReader
from inference.protocols.datatypes import readable
from inference.spec import CLASSES, TENSORS, TEXT, VALUES
from serving.openapi import explanation, named
from serving.openapi.interface import Interface
from serving.openapi.lists import Schema, nested
from serving.openapi.template import load

_FILES = "BYTES"  # datatype of image files
_PROBABILITIES = "FP32"


def part(model: Interface) -> Schema:
    """Return the paths and the components of a model, whose names begin with the model's."""
    words = {
        "@name": model.name,
        "@example": model.input.example,
        "@key": model.output.key,
        "@most": model.input.most,
        "@score": model.score,
    }
    filled: Schema = _filled(load("model.yaml"), words)
    components = filled["components"]
    schemas = _Schemas(model, components["schemas"])
    if model.inputs:
        named.fill(model, components)
        body = filled["paths"][f"/v1/models/{model.name}:predict"]["post"]["requestBody"]
        body["content"]["application/json"]["schema"] = {"$ref": f"#/components/schemas/{model.name}.Instances"}
    else:
        schemas.fill_requests()
    schemas.fill_answers()
    schemas.fill_input_entry()
    if model.methods:
        schemas.fill_explanation()
        _fill_parameters(model, components["parameters"])
    else:
        _remove_explanations(model, filled)
    if not model.files and not model.inputs:
        _remove_files(model, components)
    if model.example:
        _add_example(model, components)
    return filled


class _Schemas:
    """The schemas of one model, to be filled."""

    def __init__(self, model: Interface, schemas: Schema) -> None:
        self._model = model
        self._schemas = schemas

    def __getitem__(self, name: str) -> Schema:
        schema: Schema = self._schemas[f"{self._model.name}.{name}"]
        return schema

    def _add(self, name: str, schema: Schema) -> Schema:
        """Add a schema; return a reference to it."""
        self._schemas[f"{self._model.name}.{name}"] = schema
        return {"$ref": f"#/components/schemas/{self._model.name}.{name}"}

    def fill_requests(self) -> None:
        given = self._model.input
        number = self._add("Number", {"type": "number"} | _bounds(given.limits))
        shapes = dict.fromkeys([(given.size,), given.shape, *given.list_shapes])
        self._add(
            "Example", {"description": _example(self._model), "anyOf": [nested(layout, number) for layout in shapes]}
        )
        size = f"{given.row_bytes} bytes{given.meaning}"
        self["Raw"]["description"] = f"1 to {given.most} {given.example}s of {size}: {given.datatype}, little-endian."
        kinds = {kind.name: _range(kind.limits) for kind in readable(given).values()}
        if self._model.files:
            kinds[_FILES] = "image files"
        properties = self["InputTensor"]["properties"]
        about = "; ".join(f"{name}: {meaning}" for name, meaning in kinds.items())
        properties["datatype"] = {"enum": list(kinds), "description": f"{about}."}
        shapes = dict.fromkeys([(given.size,), given.shape, *given.tensor_shapes])
        named = " or ".join(f"[N,{','.join(map(str, shape))}]" for shape in shapes)
        files = "; of files [N] or [N,1]" if self._model.files else ""
        properties["shape"]["description"] = f"{named}{files}. One side may be -1."
        properties["shape"]["maxItems"] = 1 + max(map(len, shapes))

    def fill_answers(self) -> None:
        output = self._model.output
        names, outputs = [*output.tensor_names], self["InferResponse"]["properties"]["outputs"]
        self["OutputTensor"]["properties"]["name"] = {"enum": names}
        requested = self["InferRequest"]["properties"]["outputs"]["items"]["properties"]
        requested["name"], outputs["maxItems"] = {"enum": names}, len(names)
        fill = {CLASSES: self._fill_classes, VALUES: self._fill_values, TENSORS: self._fill_tensors}
        fill[output.kind]()

    def _fill_classes(self) -> None:
        output = self._model.output
        values = [orjson.loads(text) for text in output.json]
        self._add("Label", {"type": "string" if output.datatype == TEXT else "integer", "enum": values})
        probability = {"$ref": "#/components/schemas/Probability"}
        self["Prediction"]["properties"]["probabilities"] = {
            "description": "One for each label, in the order of the labels.",
            **nested((len(values),), probability),
        }
        tensor = self["OutputTensor"]["properties"]
        tensor["datatype"] = {"enum": [output.datatype, _PROBABILITIES]}
        tensor["data"]["items"] = {"type": ["number", "string"] if output.datatype == TEXT else "number"}

    def _fill_values(self) -> None:
        """Numbers, by name if they have names; those that are not finite are null."""
        names, number = self._model.output.names, {"type": ["number", "null"]}
        values: Schema = {"type": "array", "items": number}
        if names:
            values = {"type": "object", "required": [*names], "properties": dict.fromkeys(names, number)}
        self._predict(
            {"values": values, **{name: self["Prediction"]["properties"][name] for name in ("model", "input")}}
        )
        tensor = self["OutputTensor"]["properties"]
        tensor["datatype"], tensor["data"]["items"] = {"enum": ["FP32"]}, number

    def _fill_tensors(self) -> None:
        """Add the network's own outputs."""
        self._predict({name: {} for name in self._model.output.tensors})
        tensor = self["OutputTensor"]["properties"]
        tensor["datatype"] = {"type": "string"}
        del tensor["shape"]["maxItems"]

    def _predict(self, properties: Schema) -> None:
        self["Prediction"].update({"required": [*properties], "properties": properties})

    def fill_input_entry(self) -> None:
        """Fill in the schema of an answer's member ``input``."""
        given = self._model.input
        sizes = {name: {"type": "integer", "minimum": 1} for name in ("width", "height")}
        if given.treatment("").width:
            self["Treatment"]["required"] += list(sizes)
        if given.treatment("").width or self._model.files:
            self["Treatment"]["properties"] |= sizes

    def fill_explanation(self) -> None:
        explanation.fill(self._model, self["Explanation"])


def _fill_parameters(model: Interface, parameters: Schema) -> None:
    reader = QueryReader(model.methods, model.output.labels, model.values)
    bounds = model.methods.values()
    schemas: dict[str, Schema] = {
        "Method": {"type": "string", "enum": list(model.methods), "default": reader.default},
        "Target": {"type": "string", "enum": list(reader.targets), "default": reader.target},
        "Samples": {
            "type": "integer",
            "minimum": min(bound.least for bound in bounds),
            "maximum": max(bound.most for bound in bounds),
        },
    }
    for name, schema in schemas.items():
        parameters[f"{model.name}.{name}"]["schema"] = schema


def _remove_explanations(model: Interface, filled: Schema) -> None:
    components = filled["components"]
    del filled["paths"][f"/explanations/{model.name}"]
    del components["parameters"], components["responses"][f"{model.name}.Explained"]
    del components["schemas"][f"{model.name}.Explanation"]


def _remove_files(model: Interface, components: Schema) -> None:
    content = components["requestBodies"][f"{model.name}.Examples"]["content"]
    for kind in [kind for kind in content if kind.startswith("image/")]:
        del content[kind]
    form = content["multipart/form-data"]["schema"]["properties"]
    form["data"] = {"$ref": f"#/components/schemas/{model.name}.Raw"}
    instances = components["schemas"][f"{model.name}.Instances"]["properties"]["instances"]
    instances["items"] = instances["items"]["anyOf"][0]


def _add_example(model: Interface, components: Schema) -> None:
    assert model.example
    request = components["requestBodies"][f"{model.name}.Examples"]["content"]["application/json"]
    answer = components["responses"][f"{model.name}.Predicted"]["content"]["application/json"]
    for place, value in ((request, model.example.request), (answer, model.example.answer)):
        place["examples"] = {model.input.example: {"value": value}}


def _filled(node: Any, words: Mapping[str, Any]) -> Any:
    """A copy of a template with words in place of their names; a text that is only a name becomes the word itself."""
    if isinstance(node, dict):
        return {_filled(key, words): _filled(value, words) for key, value in node.items()}
    if isinstance(node, list):
        return [_filled(value, words) for value in node]
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
    given = model.input
    nested = f", flat or nested as {' x '.join(map(str, given.shape))}" if len(given.shape) > 1 else ""
    scaled = " Fractions that are all within 0 to 1 are scaled." if given.scale is not None else ""
    limits = "" if given.limits is None else f" from {_range(given.limits)}"
    columns = f", in the order {', '.join(given.columns)}" if given.columns else ""
    return f"One {given.example}: {given.size} {given.number}s{limits}{given.meaning}{nested}{columns}.{scaled}"
