"""The document of several models: each has its own paths, shapes and labels, and real answers conform to it."""

import json
import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from jsonschema import Draft202012Validator

from inference import bundle
from inference.http_message import Message
from inference.spec import TENSORS, VALUES, OutputSpec
from model import SPEC
from serving.openapi import document, template
from serving.openapi.interface import Example, Interface
from serving.paths import ROOT
from tests import torchserve
from tests.messages import RAW, b64, of_json, png
from tests.models import photos, table
from tests.torchserve import Reply, Sent, Worker

VALIDATOR = ROOT / ".venv-fuzz" / "bin" / "openapi-spec-validator"
MODELS = {"flowers": table, "photos": photos}
DIGITS, FLOWERS, PHOTOS = (Interface.of(spec) for spec in (SPEC, table.SPEC, photos.SPEC))


def built(*models: Interface, **explainers: Interface) -> dict[str, Any]:
    """Return the document as clients read it."""
    content: dict[str, Any] = yaml.safe_load(template.dump(document.build(models, explainers)))
    return content


ALL = built(DIGITS, FLOWERS, PHOTOS, explainer=DIGITS)


def problems(schema: dict[str, Any], value: Any) -> list[str]:
    whole = {"$schema": Draft202012Validator.META_SCHEMA["$id"], **schema, "components": ALL["components"]}
    return [error.message[:200] for error in Draft202012Validator(whole).iter_errors(value)]


def schema(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from (value for key, value in node.items() if key == "$ref")
        node = list(node.values())
    if isinstance(node, list):
        for value in node:
            yield from references(value)


@pytest.fixture(scope="module", params=MODELS)
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Worker]:
    """Return one of the other models, and a worker that serves it."""
    model, directory = MODELS[request.param], tmp_path_factory.mktemp(request.param)
    weights = directory / bundle.WEIGHTS
    model_bundle = model.save(weights)
    unpacked = torchserve.model_dir(directory / "unpacked", model_bundle, weights, model.ROWS, model.RUNTIME)
    return model, Worker(unpacked, model.SPEC)


def answer(worker: Worker, message: Message, **headers: str) -> Reply:
    (reply,) = worker.answer([Sent.http(message, **headers)])
    return reply


@pytest.mark.parametrize(
    "models", [(DIGITS,), (FLOWERS,), (PHOTOS, FLOWERS), (DIGITS, FLOWERS, PHOTOS), ()], ids=lambda m: str(len(m))
)
def test_every_reference_leads_somewhere_and_every_operation_has_its_own_id(models: Sequence[Interface]) -> None:
    whole = built(*models)
    for reference in references(whole):
        node: Any = whole
        for name in reference.removeprefix("#/").split("/"):
            node = node[name]
    operations = [operation for item in whole["paths"].values() for operation in item.values()]
    ids = [operation["operationId"] for operation in operations]
    assert len(set(ids)) == len(ids) == 6 + sum(9 + bool(model.methods) for model in models)
    assert "@" not in template.dump(whole).decode()
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+", name) for part in whole["components"].values() for name in part)


def test_each_model_has_its_own_paths() -> None:
    for name in ("digits", "flowers", "photos"):
        paths = [f"/predictions/{name}", f"/predictions/{name}/{{version}}", f"/v1/models/{name}:predict"]
        paths += [f"/v2/models/{name}", f"/v2/models/{name}/ready", f"/v2/models/{name}/infer", f"/v1/models/{name}"]
        assert {*paths} <= ALL["paths"].keys()
    explained = {path for path in ALL["paths"] if path.startswith("/explanations/")}
    assert explained == {"/explanations/digits", "/explanations/photos", "/explanations/explainer"}
    assert ALL["info"]["title"] == "digits, flowers, photos"


def test_a_model_without_files_takes_none() -> None:
    content = ALL["components"]["requestBodies"]["flowers.Examples"]["content"]
    assert list(content) == ["application/octet-stream", "multipart/form-data", "application/json"]
    assert "image/png" in ALL["components"]["requestBodies"]["photos.Examples"]["content"]
    assert problems(schema("flowers.Instances"), {"instances": [{"b64": ""}]})
    assert problems(schema("photos.Instances"), {"instances": [{"b64": ""}]}) == []


def test_the_errors_are_those_of_the_models() -> None:
    types = ALL["components"]["schemas"]["Error400"]["properties"]["type"]["enum"]
    assert {"InvalidNumbers", "InvalidPixels"} <= set(types)
    alone = built(FLOWERS)["components"]["schemas"]["Error400"]["properties"]["type"]["enum"]
    assert "InvalidPixels" not in alone


def test_answers_are_as_it_says(served: tuple[Any, Worker]) -> None:
    model, worker = served
    name, rows = model.SPEC.name, model.ROWS
    x, many = {"x": rows[0].tolist()}, {"instances": rows.tolist()}
    tensor = {
        "name": model.SPEC.input.name,
        "shape": [len(rows), *model.SPEC.input.shape],
        "datatype": model.SPEC.input.datatype,
        "data": rows.ravel().tolist(),
    }
    requests = {"Numbers": x, "Instances": many, "InferRequest": {"id": "7", "inputs": [tensor]}}
    replies = {kind: answer(worker, of_json(content)) for kind, content in requests.items()}
    replies["Raw"] = answer(worker, Message(rows[0].tobytes(), RAW))
    for kind, content in requests.items():
        assert problems(schema(f"{name}.{kind}"), content) == [], kind
    for kind, reply in replies.items():
        assert reply.status == 200, kind
        (expected,) = ALL["components"]["responses"][f"{name}.Predicted"]["content"]["application/json"].values()
        assert problems(expected, reply.json) == [], kind
    mistakes: list[dict[str, Any]] = [{"x": [1, 2]}, {"instances": []}]
    for wrong in mistakes:
        reply = answer(worker, of_json(wrong))
        assert problems(schema("Error400"), reply.json) == []
        assert problems({"anyOf": [schema(f"{name}.Numbers"), schema(f"{name}.Instances")]}, wrong)


def test_another_models_answer_is_none_of_this_model(served: tuple[Any, Worker]) -> None:
    model, worker = served
    reply = answer(worker, of_json({"x": model.ROWS[0].tolist()})).json
    (other,) = {"flowers", "photos"} - {model.SPEC.name}
    assert problems(schema(f"{other}.Prediction"), reply)
    assert problems(schema("digits.Prediction"), reply)


@pytest.mark.usefixtures("restored")
def test_explanations_are_as_it_says(tmp_path: Path) -> None:
    weights = tmp_path / bundle.WEIGHTS
    model_bundle = photos.save(weights)
    worker = Worker(
        torchserve.model_dir(tmp_path / "unpacked", model_bundle, weights, photos.ROWS, photos.RUNTIME), photos.SPEC
    )
    (reply,) = worker.answer([Sent.http(Message(png(photos.ROWS[0]), "image/png"), explain="True")])
    assert problems(schema("photos.Explanation"), reply.json) == []
    listed = answer(worker, of_json({"instances": [{"b64": b64(png(photos.ROWS[0]))}]}))
    assert problems(schema("photos.Predictions"), listed.json) == []


def test_an_example_is_shown_with_its_answer() -> None:
    example = Example({"x": np.zeros(4).tolist()}, {"label": "setosa"})
    components = built(Interface.of(table.SPEC, example))["components"]
    request = components["requestBodies"]["flowers.Examples"]["content"]["application/json"]["examples"]
    shown = components["responses"]["flowers.Predicted"]["content"]["application/json"]["examples"]
    assert (request, shown) == ({"row": {"value": example.request}}, {"row": {"value": example.answer}})


@pytest.mark.skipif(not VALIDATOR.exists(), reason="scripts/test makes .venv-fuzz")
def test_it_is_openapi(tmp_path: Path) -> None:
    (tmp_path / "all.json").write_text(json.dumps(ALL))
    completed = subprocess.run([VALIDATOR, tmp_path / "all.json"], capture_output=True, check=False, timeout=240)
    assert completed.returncode == 0, completed.stdout


@pytest.mark.parametrize(
    ("output", "right", "wrong"),
    [
        (OutputSpec(kind=VALUES, tensors=("values",)), {"values": [1.5, None]}, {"values": "1.5"}),
        (OutputSpec(kind=VALUES, names=("price",), tensors=("values",)), {"values": {"price": 2}}, {"values": {}}),
        (OutputSpec(kind=TENSORS, tensors=("sum", "n")), {"sum": [1, 2], "n": 3}, {"sum": [1, 2]}),
    ],
    ids=["values", "named values", "tensors"],
)
def test_other_kinds_of_output_have_their_own_answers(
    output: OutputSpec, right: dict[str, Any], wrong: dict[str, Any]
) -> None:
    name = "prices"
    whole = built(replace(FLOWERS, name=name, output=output))
    further = {} if output.kind == TENSORS else {"model": identity(name), "input": {"format": "raw", "steps": []}}
    schemas = {"components": whole["components"]}
    check = Draft202012Validator(schema(f"{name}.Prediction") | schemas)
    assert check.is_valid(right | further)
    assert not check.is_valid(wrong | further)
    tensor = whole["components"]["schemas"][f"{name}.OutputTensor"]["properties"]["name"]
    assert tensor == {"enum": list(output.tensors)}


def identity(name: str) -> dict[str, str]:
    return {"name": name, "version": "1.0", "weights": "0123456789ab"}
