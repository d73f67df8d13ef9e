"""Golden files: ``<name>.json`` describes a case of the contract, and files beside it have its bodies as sent."""

import json
from pathlib import Path
from typing import Any

from inference.bundle import WEIGHTS
from tests import recipe, torchserve
from tests.torchserve import Reply, Sent, Worker

FOLDER = Path(__file__).resolve().parents[1] / "assets" / "contract"


def names() -> list[str]:
    parts = (path.name.partition(".") for path in FOLDER.glob("*.json"))
    return sorted(name for name, _, rest in parts if rest == "json")


def worker(directory: Path) -> Worker:
    """Return a worker with the recipe's bundle, made under ``directory``."""
    weights = directory / WEIGHTS
    bundle = recipe.save(weights, test_accuracy=0.125)
    return Worker(torchserve.model_dir(directory / "unpacked", bundle, weights))


def answered(worker: Worker, name: str, sent: Sent) -> Reply:
    if name == "error-overloaded":
        return worker.answer([sent, Sent(headers={"describe": "True"})])[0]
    if name == "error-internal-error":
        whole = worker.handler.__dict__.pop("_model")
        try:
            return worker.answer([sent])[0]
        finally:
            worker.handler._model = whole
    if name == "error-not-supported":
        explanations, worker.handler._explanations = worker.handler._explanations, None
        try:
            return worker.answer([sent])[0]
        finally:
            worker.handler._explanations = explanations
    return worker.answer([sent])[0]


def request(name: str) -> Sent:
    fields = _document(name)["request"]
    parameters = {
        parameter["name"]: (bytearray((FOLDER / parameter["file"]).read_bytes()), parameter["content_type"])
        for parameter in fields["parameters"]
    }
    return Sent(parameters, fields["headers"])


def response(name: str) -> Reply:
    fields = _document(name)["response"]
    return Reply(fields["status"], fields["phrase"], (FOLDER / fields["file"]).read_bytes(), fields["headers"])


def write(name: str, sent: Sent, reply: Reply) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    parameters = []
    for parameter, (value, content_type) in sent.parameters.items():
        file = f"{name}.request.{_suffix(value)}"
        (FOLDER / file).write_bytes(value)
        parameters.append({"name": parameter, "content_type": content_type, "file": file})
    file = f"{name}.response.{_suffix(reply.body)}"
    (FOLDER / file).write_bytes(reply.body)
    status = {"status": reply.status, "phrase": reply.phrase, "headers": reply.headers, "file": file}
    document = {"request": {"headers": dict(sent.headers), "parameters": parameters}, "response": status}
    (FOLDER / f"{name}.json").write_text(json.dumps(document, indent=2) + "\n")


def _suffix(body: bytes) -> str:
    try:
        json.loads(body)
    except ValueError:
        return "png" if body.startswith(b"\x89PNG") else "bin"
    return "json"


def _document(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return document
