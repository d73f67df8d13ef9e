"""Explanations of declared models conform to the document."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from inference.http_message import Message
from serving.openapi import document
from serving.openapi.interface import Interface
from tests import declared
from tests.declared import LABELS
from tests.messages import of_json, png
from tests.unit.handlers.test_declared import ROWS, VALUES, worker
from tests.unit.handlers.test_declared_explanations import IMAGE, explain

pytestmark = pytest.mark.usefixtures("restored")
ROW = of_json({"x": ROWS[0].tolist()})


def problems(whole: dict[str, Any], name: str, value: Any) -> list[str]:
    schema = {"$ref": f"#/components/schemas/{name}", "components": whole["components"]}
    return [error.message[:200] for error in Draft202012Validator(schema).iter_errors(value)]


@pytest.mark.parametrize(
    ("text", "side"),
    [(declared.MODEL, 0), (VALUES, 0), ("", 0), (f"[output]\nlabels = {list(LABELS)}", 0), (IMAGE, 32), (IMAGE, 258)],
    ids=["columns", "named values", "values", "numbers", "image", "large image"],
)
def test_explanations_are_as_it_says(tmp_path: Path, text: str, side: int) -> None:
    if side:
        (tmp_path / "own").mkdir()
        declared.photos(tmp_path / "own" / "iris.onnx", side)
    served = worker(tmp_path, text)
    spec = served.handler._spec
    interface = Interface.parse(Interface.of(spec).content())
    whole = document.build([interface], {})
    message = Message(png(np.zeros((side, side, 3), np.uint8)), "image/png") if side else ROW
    answer = explain(served, message, "?method=occlusion").json
    assert problems(whole, f"{spec.name}.Explanation", answer) == []
    parameters = whole["components"]["parameters"]
    assert explain(served, message, f"?target={parameters[f'{spec.name}.Target']['schema']['default']}").status == 200
    assert parameters[f"{spec.name}.Method"]["schema"]["default"] == "kernel_shap"
    answer["attributions"] = [1]
    del answer["base"]
    assert len(problems(whole, f"{spec.name}.Explanation", answer)) == 2
