"""OpenAPI document of all served models."""

from collections.abc import Mapping, Sequence
from typing import Any

from serving import version
from serving.openapi.interface import Interface
from serving.openapi.part import part
from serving.openapi.template import load


def build(models: Sequence[Interface], explainers: Mapping[str, Interface]) -> dict[str, Any]:
    """Return the OpenAPI document of the models.

    explainers  explainer name -> model that it explains, with a worker of its own
    """
    document: dict[str, Any] = load("template.yaml")
    names = ", ".join(model.name for model in models) or "no model"
    about = {"title": names, "version": version.read(), "summary": f"Predictions of {names}."}
    document["info"] = about | document["info"]
    parts = [part(model) for model in models]
    paths = {path: item for model_part in parts for path, item in model_part["paths"].items()}
    paths |= {f"/explanations/{name}": _apart(name, model, paths) for name, model in explainers.items()}
    document["paths"] = paths | document["paths"]
    for model_part in parts:
        for kind, components in model_part["components"].items():
            document["components"][kind] |= components
    types = document["components"]["schemas"]["Error400"]["properties"]["type"]["enum"]
    types += sorted({model.input.error.__name__ for model in models} - set(types))
    return document


def _apart(name: str, model: Interface, paths: Mapping[str, Any]) -> dict[str, Any]:
    operation = paths[f"/explanations/{model.name}"]["post"]
    summary = "The same, by a worker that predictions do not wait for."
    return {"post": operation | {"operationId": f"{name}.explainApart", "summary": summary}}
