"""The document of models with named inputs: valid requests are answered, others are refused."""

import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from inference.declared.specification import load
from serving import version
from serving.declared import build, folder, resolution
from serving.openapi import document, interface, template
from serving.openapi.interface import Interface
from tests import declared
from tests.messages import of_json
from tests.torchserve import Sent, Worker

pytestmark = pytest.mark.usefixtures("restored")
Json = dict[str, Any]


def tensor(name: str, datatype: str, shape: Sequence[int], data: Sequence[object]) -> Json:
    return {"name": name, "datatype": datatype, "shape": [*shape], "data": [*data]}


@dataclass(frozen=True)
class Case:
    """A model with valid examples and tensors, and with invalid ones."""

    make: Callable[[Path], Path]
    text: str
    right: Sequence[Any]
    inputs: Sequence[Json]
    wrong: Sequence[Any]
    other: Json


CASES = {
    "tensors": Case(
        declared.cell,
        declared.CELL,
        [{"signal": [1, 2, 3, 4], "state": [[0.5] * 3] * 2}, {"signal": [0] * 4, "state": [[1] * 3] * 2, "rate": 3}],
        [tensor("signal", "FP32", [1, 4], [1] * 4), tensor("state", "FP32", [2, 1, 3], [1] * 6)],
        [{"signal": [1, 2, 3], "state": [[1] * 3] * 2}, {"signal": [1] * 4}, {"signal": [1] * 4, "sate": 1}, [1] * 4],
        tensor("state", "FP32", [1, 2, 3], [1] * 6),
    ),
    "values": Case(
        declared.words,
        '[output]\nkind = "values"',
        [{"word": "yes", "flag": True}, {"word": "Grüße", "flag": False}],
        [tensor("word", "BYTES", [1], ["no"]), tensor("flag", "BOOL", [1], [True])],
        [{"word": 1, "flag": True}, {"word": "yes", "flag": 1}, {"word": "yes"}],
        tensor("flag", "INT64", [1], [1]),
    ),
    "classes": Case(
        declared.versus,
        '[output]\nlabels = ["home", "guest"]',
        [{"home": [1, 2], "guest": [0, 5]}],
        [tensor("home", "FP32", [2, 2], [1] * 4), tensor("guest", "FP32", [2, 2], [0] * 4)],
        [{"home": [1, 2], "guest": ["a", "b"]}, {"home": [1, 2], "guest": [1, 2, 3]}],
        tensor("guest", "FP32", [2, 3], [0] * 6),
    ),
    "free": Case(
        declared.lengths,
        "",
        [[1.0, 2.0], {"signal": [1, 2, 3]}],
        [tensor("signal", "FP32", [2, 3], [1] * 6)],
        [{"signal": []}, {"signal": [[1]]}, "text"],
        tensor("signal", "FP32", [6], [1] * 6),
    ),
}


@pytest.fixture(params=CASES)
def served(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Case, Interface, Worker]:
    """Return a model, its interface as a node reads it from the archive, and a worker that serves the archive."""
    case = CASES[request.param]
    (tmp_path / "own").mkdir()
    case.make(tmp_path / "own" / "iris.onnx")
    resolved = resolution.resolve(folder.read(declared.folder(tmp_path / "own", case.text)))
    archive = build.build(resolved, tmp_path / "own.mar", version.read()).path
    with zipfile.ZipFile(archive) as file:
        file.extractall(tmp_path / "unpacked")
    description = interface.read(archive)
    assert description
    return case, description, Worker(tmp_path / "unpacked", load(tmp_path / "unpacked" / "declaration.json"))


def test_requests_and_answers_are_as_it_says(served: tuple[Case, Interface, Worker]) -> None:
    case, description, worker = served
    whole: Json = yaml.safe_load(template.dump(document.build([description], {})))
    assert {"/predictions/own", "/v1/models/own:predict", "/v2/models/own/infer"} <= whole["paths"].keys()
    content = whole["components"]["requestBodies"]["own.Examples"]["content"]
    assert list(content) == ["application/octet-stream", "application/json"]
    answered = whole["components"]["responses"]["own.Predicted"]["content"]["application/json"]

    def fits(schema: Json, value: object) -> bool:
        return bool(Draft202012Validator({**schema, "components": whole["components"]}).is_valid(value))

    def check(body: Json, status: int) -> None:
        """Send a request. Check request and answer against the document."""
        (reply,) = worker.answer([Sent.http(of_json(body))])
        assert reply.status == status, (body, reply.json)
        assert fits(content["application/json"]["schema"], body) == (status == 200), body
        if status == 200:
            assert fits(answered["schema"], reply.json), reply.json

    for example in case.right:
        check({"x": example}, 200)
    check({"x": [*case.right]}, 200)
    check({"instances": [*case.right]}, 200)
    check({"inputs": [*case.inputs]}, 200)
    for example in case.wrong:
        check({"instances": [example]}, 400)
    check({"inputs": [*case.inputs[:-1], case.other]}, 400)
    check({"inputs": []}, 400)
    (shown,) = content["application/json"]["examples"].values()
    check(shown["value"], 200)
    (shown,) = answered["examples"].values()
    assert fits(answered["schema"], shown["value"])
