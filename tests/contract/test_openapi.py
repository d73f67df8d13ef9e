"""The OpenAPI document of digits, compared with the code, the golden files, the gateway and docs/openapi.yaml."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from inference import errors
from inference.errors import ServiceError
from inference.explanations import query
from inference.explanations.query import QueryReader
from inference.images.image_file import MAX_PIXELS
from model import SPEC
from model.explanations import METHODS
from model.pixels import PIXELS
from serving.gateway import routes
from serving.gateway.routes import Route
from serving.openapi import template
from serving.paths import ROOT
from serving.torchserve import properties
from tests.contract import golden_files, openapi

GATEWAY = tuple(ROOT / "serving" / "gateway" / name for name in ("haproxy.cfg", "runtime.lua", "uploads.lua"))
# Errors of TorchServe itself, before a worker gets the request.
TORCHSERVE = {
    400: {"InvalidKeyException", "BadRequestException"},
    403: {"IllegalArgumentException"},
    404: {"ModelNotFoundException", "ModelVersionNotFoundException", "ResourceNotFoundException"},
    405: {"MethodNotAllowedException"},
    408: {"RequestTimeoutException"},
    500: {"InternalServerException"},
    503: {"ServiceUnavailableException", "InternalServerException"},
    507: {"OutOfMemoryError", "InternalServerException"},
}
OTHERS = ("describe", "grpc", "error-internal-error")  # the management API, gRPC, and a body without a path
PREDICTIONS = "/predictions/digits"


@cache
def document() -> dict[str, Any]:
    """Return the document that a node serves for digits, parsed as clients parse it."""
    content: dict[str, Any] = yaml.safe_load(template.dump(openapi.document()))
    return content


def resolved(node: dict[str, Any]) -> dict[str, Any]:
    """Return the target of a reference."""
    if "$ref" not in node:
        return node
    target: Any = document()
    for name in node["$ref"].removeprefix("#/").split("/"):
        target = target[name]
    return resolved(target)


def problems(schema: dict[str, Any], value: Any) -> list[str]:
    """Return the violations of a schema of the document."""
    whole = {"$schema": Draft202012Validator.META_SCHEMA["$id"], **schema, "components": document()["components"]}
    return [error.message[:200] for error in Draft202012Validator(whole).iter_errors(value)]


def parameter(name: str) -> dict[str, Any]:
    parameters = document()["components"]["parameters"]
    schema: dict[str, Any] = (parameters.get(name) or parameters[f"digits.{name}"])["schema"]
    return schema


def error_types() -> dict[int, set[str]]:
    """Return the error types of each status in the document."""
    schemas = document()["components"]["schemas"]
    return {
        int(name.removeprefix("Error")): set(schema["properties"]["type"]["enum"])
        for name, schema in schemas.items()
        if re.fullmatch(r"Error\d+", name)
    }


def ours() -> Iterator[tuple[int, str]]:
    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, ServiceError) and not kind.__subclasses__():
            yield kind.status, kind.__name__


def gateways() -> Iterator[tuple[int, str]]:
    for path in GATEWAY:
        if path.exists():
            for code, kind in re.findall(r'"code":(\d+),"type":"(\w+)"', path.read_text()):
                if kind != "MisdirectedRequest":  # only in the published page
                    yield int(code), kind


def test_the_copy_in_docs_is_the_document() -> None:
    """Readers use docs/openapi.yaml, and scripts/fuzz makes requests from it."""
    assert openapi.COPY.read_bytes() == openapi.copy()


def test_the_labels_are_the_specifications() -> None:
    schemas = document()["components"]["schemas"]
    assert schemas["digits.Label"]["enum"] == list(range(10))
    probabilities = schemas["digits.Prediction"]["properties"]["probabilities"]
    assert probabilities["minItems"] == probabilities["maxItems"] == len(SPEC.output.labels)


def test_every_error_is_there_under_its_status_and_no_other() -> None:
    expected = {status: set(kinds) for status, kinds in TORCHSERVE.items()}
    for status, kind in (*ours(), *gateways()):
        expected.setdefault(status, set()).add(kind)
    types = error_types()
    if any(path.exists() for path in GATEWAY):
        assert types == expected
    else:
        assert all(kinds <= types[status] for status, kinds in expected.items())


def test_every_operation_tells_of_every_error_it_can_give() -> None:
    for path, operation in operations():
        statuses = {int(status) for status in operation["responses"] if status != "200"}
        assert statuses == error_types().keys() - (set() if "explanations" in path else {501}), path
        for status in statuses:
            content = resolved(operation["responses"][str(status)])["content"]["application/json"]
            assert content["schema"]["$ref"] == f"#/components/schemas/Error{status}"


def operations() -> list[tuple[str, dict[str, Any]]]:
    return [(path, item["post"]) for path, item in document()["paths"].items() if "post" in item]


def test_the_parameters_of_explanations_are_the_codes_own() -> None:
    bounds = METHODS.values()
    reader = QueryReader(METHODS, SPEC.output.labels)
    assert parameter("Method")["enum"] == list(METHODS)
    assert parameter("Method")["default"] == reader.default
    assert parameter("Target")["enum"] == list(reader.targets)
    assert parameter("Target")["default"] == query.PREDICTED
    assert parameter("Format")["enum"] == list(query.FORMATS)
    assert parameter("Samples")["minimum"] == min(bound.least for bound in bounds)
    assert parameter("Samples")["maximum"] == max(bound.most for bound in bounds)
    seed = parameter("Seed")
    assert reader.read(f"/?seed={seed['maximum']}").seed == seed["maximum"]
    with pytest.raises(errors.InvalidQuery):
        reader.read(f"/?seed={seed['maximum'] + 1}")


def test_the_limits_are_the_codes_own() -> None:
    schemas = document()["components"]["schemas"]
    x = schemas["digits.Numbers"]["properties"]["x"]["anyOf"]
    lists = [schemas["digits.Instances"]["properties"]["instances"], *x[1:]]
    assert {schema["maxItems"] for schema in lists} == {SPEC.input.most}
    flat = schemas["digits.Example"]["anyOf"][0]
    assert flat["minItems"] == flat["maxItems"] == PIXELS
    side = int(MAX_PIXELS**0.5)
    assert f"{side}x{side} pixels" in schemas["ImageFile"]["description"]
    assert properties.read()["max_request_size"] == str(10 << 20)  # and that of the gateway and docs/api.md


def golden_request(name: str) -> tuple[str, Path]:
    """Return content type and body of a golden request."""
    (sent,) = json.loads((golden_files.FOLDER / f"{name}.json").read_text())["request"]["parameters"]
    return sent["content_type"].partition(";")[0], golden_files.FOLDER / sent["file"]


def address(name: str) -> str:
    return "/explanations/digits" if name.startswith(("explanation", "error-invalid-query")) else PREDICTIONS


GOLDEN = [name for name in golden_files.names() if name not in OTHERS]


@pytest.mark.parametrize("name", GOLDEN)
def test_the_golden_answers_are_as_it_says(name: str) -> None:
    reply = golden_files.response(name)
    place = "/explanations/digits" if reply.status == 501 else address(name)
    response = resolved(document()["paths"][place]["post"]["responses"][str(reply.status)])
    kind = reply.headers["content-type"]
    assert kind in response["content"]
    assert {header for header in reply.headers if header != "content-type"} <= response.get("headers", {}).keys()
    if kind == "application/json":
        assert problems(response["content"][kind]["schema"], reply.json) == []


@pytest.mark.parametrize("name", [name for name in GOLDEN if not name.startswith("error-")])
def test_the_golden_requests_are_as_it_says(name: str) -> None:
    kind, body = golden_request(name)
    places = [address(name)]
    if name.startswith("instances"):
        places.append("/v1/models/digits:predict")
    if name.startswith("v2"):
        places.append("/v2/models/digits/infer")
    for place in places:
        content = resolved(document()["paths"][place]["post"]["requestBody"])["content"]
        assert kind in content
        if kind == "application/json":
            assert problems(content[kind]["schema"], json.loads(body.read_bytes())) == []


@pytest.mark.parametrize("name", ["error-invalid-pixels", "error-invalid-json", "error-too-large"])
def test_the_golden_mistakes_are_none_of_its_requests(name: str) -> None:
    kind, body = golden_request(name)
    content = resolved(document()["paths"][PREDICTIONS]["post"]["requestBody"])["content"]
    assert problems(content[kind]["schema"], json.loads(body.read_bytes()))


def test_it_has_every_address_that_the_gateway_lets_in() -> None:
    by_version = {path for path in document()["paths"] if "{version}" in path}
    listed = document()["paths"].keys() - by_version - {"/openapi.yaml"}
    rule = r"use_backend (?:liveness|readiness) if { path (.+?) }"
    fixed = {path for line in re.findall(rule, GATEWAY[0].read_text()) for path in line.split()}
    mapped = routes.maps([Route(SPEC.name, SPEC.input.size)])
    paths = {
        path for name in (routes.PREDICTIONS, routes.EXPLANATIONS) for path in mapped[name] if path.startswith("/")
    }
    own = {f"/v2/models/{SPEC.name}", f"/v2/models/{SPEC.name}/ready", f"/v1/models/{SPEC.name}"}
    assert fixed | paths | own | {"/v2"} == listed
