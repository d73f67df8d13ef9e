"""Client of the running service over HTTP. The browser never gets the key."""

import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from model import SPEC
from playground import refusal
from playground.refusal import Refusal
from serving.torchserve import keys, registrations, server
from serving.torchserve.keys import Key
from serving.torchserve.management import PLAIN, Management, ManagementError
from serving.torchserve.server import Server

_TIMEOUT = httpx.Timeout(65.0, connect=2.0)  # seconds; a worker is killed after 60
_KEY_REFUSED = "InvalidKeyException"


@dataclass(frozen=True)
class ServiceAnswer:
    """Answer of the service, its duration, whether the key was renewed for it, and the URL of the request."""

    content: dict[str, Any]
    milliseconds: float
    renewed: bool
    url: str

    def json(self) -> dict[str, Any]:
        return {"answer": self.content, "milliseconds": self.milliseconds, "renewed": self.renewed}


class Service:
    """Client of the server in a folder. Threads may share it.

    directory  folder with the keys and addresses of the server. Both are read for each question, because they change
               when the server restarts
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._http = httpx.Client(timeout=_TIMEOUT, trust_env=False, verify=PLAIN)  # no proxy for loopback addresses
        self._renewing = threading.Lock()
        self._management: tuple[str, Management] | None = None

    def predict(self, image: bytes) -> ServiceAnswer:
        """Return the prediction for an image file. Raises Refusal."""
        return self._ask(f"/predictions/{SPEC.name}", image, {})

    def explain(self, image: bytes, method: str, target: str) -> ServiceAnswer:
        """Return the explanation of an image file for ``target`` by ``method``: see docs/api.md. Raises Refusal.

        The explainer answers, so that predictions do not wait. If it is not registered, the model answers.
        """
        parameters = {"method": method, "target": target}
        try:
            return self._ask(f"/explanations/{registrations.EXPLAINER}", image, parameters)
        except Refusal as refused:
            if refused.status != httpx.codes.NOT_FOUND:
                raise
            return self._ask(f"/explanations/{SPEC.name}", image, parameters)

    def check(self) -> bool:
        """Return whether the inference key had to be renewed. Raises Refusal if no worker is ready."""
        management = self._manage(self._server())
        try:
            with self._renewing:  # describe() renews expired keys
                renewed = keys.read(self._directory).inference.expired
                workers = management.describe()[0]["workers"]
        except (httpx.TransportError, FileNotFoundError) as error:
            raise refusal.down() from error
        except (ManagementError, ValueError) as error:
            raise Refusal("busy", "The service is starting", str(error)) from error
        if not any(worker["status"] == "READY" for worker in workers):
            raise Refusal("busy", "The service is starting", "no worker is ready yet")
        return renewed

    def _ask(self, path: str, image: bytes, parameters: dict[str, str]) -> ServiceAnswer:
        running = self._server()
        url = httpx.URL(running.inference + path).copy_merge_params(parameters)
        try:
            key, renewed = self._key(running)
            response, seconds = self._posted(url, image, key)
            if _KEY_REFUSED in response.text[:500]:  # another program has renewed the key, or the clock is slow
                key, renewed = self._key(running, refused=key)
                response, seconds = self._posted(url, image, key)
        except httpx.TimeoutException as error:
            raise Refusal("busy", "The service does not answer in time", "it is asked again") from error
        except (httpx.TransportError, FileNotFoundError) as error:
            raise refusal.down() from error
        except (ManagementError, ValueError) as error:
            raise Refusal("busy", "The key could not be renewed", str(error)) from error
        if response.status_code != httpx.codes.OK:
            raise refusal.of_response(response)
        return ServiceAnswer(response.json(), seconds * 1000, renewed, str(url))

    def _posted(self, url: httpx.URL, image: bytes, key: Key) -> tuple[httpx.Response, float]:
        start = time.perf_counter()
        headers = key.header | {"Content-Type": "application/octet-stream"}
        response = self._http.post(url, content=image, headers=headers)
        return response, time.perf_counter() - start

    def _key(self, running: Server, refused: Key | None = None) -> tuple[Key, bool]:
        """Return a valid key, and whether it is new. An expired key is renewed, and also one that was refused.

        One thread at a time renews. It first checks whether another thread has, because a new key invalidates the last.
        """
        with self._renewing:
            key = keys.read(self._directory).inference
            if not key.expired and key != refused:
                return key, refused is not None
            self._manage(running).renew("inference")
            return keys.read(self._directory).inference, True

    def _server(self) -> Server:
        running = server.find(self._directory)
        if running is None:
            raise refusal.down()
        return running

    def _manage(self, running: Server) -> Management:
        """Return the client of the management API. It is replaced when the address of the API changes."""
        if self._management is None or self._management[0] != running.management:
            self._management = running.management, running.manage()
        return self._management[1]
