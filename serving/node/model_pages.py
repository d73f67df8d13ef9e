"""HTTP pages about the models of a node: metadata, readiness and state.

/v2  /v2/models/NAME  /v2/models/NAME/ready  /v2/models/NAME/versions/V  /v2/models/NAME/versions/V/ready
/v1/models  /v1/models/NAME  /v1/models/NAME/versions/V
"""

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any

from serving.node.endpoint import Answer, json_answer
from serving.node.inventory import Inventory, Version
from serving.openapi import interface, metadata
from serving.torchserve.management import UNANSWERED

_PATH = re.compile(r"/(v[12])/models/([^/]+)(?:/versions/([^/]+))?(/ready)?")
PREFIXES = ("/v2/", "/v1/")


class ModelPages:
    """Pages about the registered models.

    ready  returns whether the node accepts requests
    """

    def __init__(self, directory: Path, ready: Callable[[], bool]) -> None:
        self._inventory = Inventory(directory)
        self._lock = threading.Lock()
        self._ready = ready

    @property
    def routes(self) -> Mapping[str, Callable[..., Answer]]:
        """Return the routes for a HealthEndpoint."""
        return {"/v2": self.server, **dict.fromkeys(PREFIXES, self.page)}

    def server(self) -> Answer:
        """Return the metadata of the server."""
        return json_answer(HTTPStatus.OK, metadata.server())

    def page(self, path: str) -> Answer:
        """Return the answer for a path below one of PREFIXES."""
        try:
            with self._lock:  # the inventory is not safe for threads
                return self._page(path.rstrip("/"))
        except UNANSWERED:
            return _error(HTTPStatus.SERVICE_UNAVAILABLE, "TorchServe does not answer", "try again in a second")

    def _page(self, path: str) -> Answer:
        if path == "/v2":
            return self.server()
        names = self._inventory.names()
        if path == "/v1/models":
            return json_answer(HTTPStatus.OK, {"models": [*names]})
        match = _PATH.fullmatch(path)
        if match is None or (match[1] == "v1" and match[4]):
            return _error(HTTPStatus.NOT_FOUND, "unknown path", "send GET /v2/models/NAME, for example")
        protocol, name, version, ready = match.groups()
        if name not in names:
            return _unknown(f"unknown model {name!r:.80}", names)
        versions = self._inventory.versions(name)
        wanted = [item for item in versions if version in (None, item.version)]
        if not wanted:
            return _unknown(f"{name} has no version {version!r:.80}", [item.version for item in versions])
        if ready:
            return self._readiness(name, wanted)
        if protocol == "v1":
            return self._status(name, wanted)
        shown = next((item for item in wanted if item.is_default), wanted[0])
        content = metadata.model(name, [item.version for item in versions], interface.read(shown.archive))
        return json_answer(HTTPStatus.OK, content)

    def _readiness(self, name: str, versions: Sequence[Version]) -> Answer:
        ready = self._ready() and any(version.is_ready for version in versions)
        status = HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE
        return json_answer(status, {"name": name, "ready": ready})

    def _status(self, name: str, versions: Sequence[Version]) -> Answer:
        node = self._ready()
        ready = {version.version: node and version.is_ready for version in versions}
        return json_answer(HTTPStatus.OK, metadata.status(name, ready))


def _unknown(message: str, known: Sequence[str]) -> Answer:
    return _error(HTTPStatus.NOT_FOUND, message, f"served are {', '.join(known) or 'none'}")


def _error(status: HTTPStatus, message: str, hint: str) -> Answer:
    type_ = status.phrase.replace(" ", "")
    content: dict[str, Any] = {"code": int(status), "type": type_, "message": message, "hint": hint}
    return json_answer(status, content)
