"""Management API of a running server."""

import ssl
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import httpx

from serving import audit
from serving.errors import UserError
from serving.torchserve import keys
from serving.torchserve.keys import Keys

PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # for loopback; loading certificates takes 50 ms
_PAGE = 100  # models on a page of TorchServe's list
_TIMEOUT = 130.0  # seconds; long, because a synchronous scale-up waits for a worker to load


class ManagementError(UserError):
    """Error answer of TorchServe to a management request."""


# Errors of calls to a server that starts, ends or hangs.
UNANSWERED = (httpx.TransportError, ManagementError, FileNotFoundError, ValueError)


class Management(AbstractContextManager["Management"]):
    """Client of the management API for one model: it manages versions and workers, and renews keys.

    address    http://host:port of the management API
    inference  returns a client of the inference API
    directory  folder that the server runs in, with its keys
    name       registered name of the model; an archive may have more than one
    timeout    seconds for an answer; the default is for calls that wait until a worker has loaded
    """

    def __init__(
        self,
        address: str,
        inference: Callable[[], httpx.Client],
        directory: Path,
        name: str,
        timeout: float = _TIMEOUT,
    ) -> None:
        self.name = name
        self._inference = inference
        # no proxy for loopback
        self._client = httpx.Client(base_url=address, timeout=timeout, trust_env=False, verify=PLAIN)
        self._directory = directory

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        self._client.close()

    @property
    def keys(self) -> Keys:
        """Return valid keys; expired keys are renewed first."""
        current = keys.read(self._directory)
        for kind, key in (("inference", current.inference), ("management", current.management)):
            if key.expired:
                self.renew(kind)
        return keys.read(self._directory)

    def renew(self, kind: str) -> None:
        """Make a new ``inference`` or ``management`` key; the old one becomes invalid at once.

        Inference requests that were sent before with the old key are read first: TorchServe reads them with one thread,
        in turns (number_of_netty_threads). The second of two requests is read in a later turn than they are.
        """
        if kind == "inference":
            with self._inference() as client:
                for _ in range(2):
                    client.get("/")  # any answer will do
        response = self._client.get("/token", params={"type": kind}, headers=keys.read(self._directory).api.header)
        _checked(response)
        audit.record(self._directory, "renew key", key=kind)

    def describe(self, version: str | None = None, name: str = "") -> list[dict[str, Any]]:
        """Return settings, workers and queue of the default version, of ``version``, or of each version for ``all``.

        name  name of another model
        """
        description: list[dict[str, Any]] = self._call("GET", _path(name or self.name, version))
        return description

    def models(self) -> dict[str, str]:
        """Return all models: registered name -> archive of its default version, a file in the model store."""
        files: dict[str, str] = {}
        following = "0"
        while following:
            page = self._call("GET", "/models", limit=_PAGE, next_page_token=following)
            files |= {model["modelName"]: model["modelUrl"] for model in page["models"]}
            following = page.get("nextPageToken", "")
        return files

    def pending(self) -> int:
        """Return the number of requests in the queues of all versions of all models."""
        versions = (version for name in self.models() for version in self.describe("all", name))
        return sum(version["jobQueueStatus"]["pendingRequests"] for version in versions)

    def scale(self, workers: int, version: str | None = None, *, wait: bool = True) -> None:
        """Set the number of workers; return when they run, or at once."""
        synchronous = "true" if wait else "false"
        self._call("PUT", _path(self.name, version), min_worker=workers, max_worker=workers, synchronous=synchronous)

    def register(self, archive: str, workers: int = 1, **settings: str | int) -> None:
        """Register a version from an archive in the model store, and start its workers.

        settings  more parameters of TorchServe's register call, such as ``batch_size=1``; it waits without
                  ``synchronous="false"``
        """
        settings.setdefault("synchronous", "true")
        self._call("POST", "/models", url=archive, model_name=self.name, initial_workers=workers, **settings)

    def set_default(self, version: str) -> None:
        """Make a version the default: it answers requests that name no version."""
        self._call("PUT", f"{_path(self.name, version)}/set-default")

    def unregister(self, version: str) -> None:
        self._call("DELETE", _path(self.name, version))

    def _call(self, method: str, path: str, **parameters: str | int) -> Any:
        response = self._client.request(method, path, params=parameters, headers=self.keys.management.header)
        return _checked(response).json()


def ready_workers(version: dict[str, Any]) -> int:
    """Return the number of READY workers in TorchServe's description of a version."""
    return sum(worker["status"] == "READY" for worker in version["workers"])


def _path(name: str, version: str | None) -> str:
    """Return the path of a model. "token" is encoded, because TorchServe renews keys at all paths with /token."""
    words = ["/models", name, *([version] if version else [])]
    return "/".join(f"%74{word[1:]}" if word.startswith("token") else word for word in words)


def _checked(response: httpx.Response) -> httpx.Response:
    if response.is_error:
        target = f"{response.request.method} {response.url.path}"
        raise ManagementError(f"{target}: {response.status_code} {response.text.strip()}")
    return response
