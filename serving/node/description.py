"""OpenAPI document of the models of a node, served at /openapi.yaml.

description = Description(directory)      of the node in this folder
status, content_type, body = description.page()
"""

import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path

from serving.node import inventory
from serving.node.endpoint import Answer, json_answer
from serving.openapi import document, interface, template
from serving.torchserve import registrations
from serving.torchserve.management import UNANSWERED, Management

_FRESH = 1.0  # seconds for which an answer is reused for all requests
_TYPE = "application/yaml"

Served = Mapping[str, Path]  # archive by registered name


class Description:
    """OpenAPI document of the registered models, replaced when they change.

    It stays the same while TorchServe does not answer.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lock = threading.Lock()
        self._looked = -_FRESH
        self._served: Served = {}
        self._body = b""

    def page(self) -> Answer:
        """Return status, content type and body; 503 until models are registered for the first time."""
        with self._lock:
            if time.monotonic() >= self._looked + _FRESH:
                try:
                    self._renew()
                finally:
                    self._looked = time.monotonic()
            body = self._body
        if not body:
            return json_answer(HTTPStatus.SERVICE_UNAVAILABLE, {"status": "no model is registered yet"})
        return HTTPStatus.OK, _TYPE, body

    def _renew(self) -> None:
        served = _served(self._directory)
        if served and served != self._served:
            self._body = template.dump(_document(served))
            self._served = served


def _served(directory: Path) -> Served:
    """Return the archive of the default version of each model; nothing while TorchServe does not answer."""
    try:
        models = inventory.ask(directory, Management.models)
        store = inventory.store(directory)
        return {name: store / file for name, file in sorted(models.items())}
    except UNANSWERED:
        return {}


def _document(served: Served) -> object:
    """Return the document of all models that have an interface, under their registered names."""
    read = {name: interface.read(archive) for name, archive in served.items()}
    parts = {name: part for name, part in read.items() if part}
    models = [replace(part, name=name) for name, part in parts.items() if not registrations.is_further(name)]
    explainer = parts.get(registrations.EXPLAINER)
    explained = [model for model in models if model.methods and explainer and model.name == explainer.name]
    return document.build(models, dict(zip([registrations.EXPLAINER], explained, strict=False)))
