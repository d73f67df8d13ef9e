"""A client who sends one correct request after another, and checks what comes back."""

import ssl
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Self

import httpx

_PAUSE = 0.02  # seconds between two requests


class ControlClient:
    """Client that repeats one image until the block ends; it counts ``right`` answers and stores ``wrong`` ones."""

    def __init__(self, url: str, key: Mapping[str, str], image: bytes, digit: int, certificate: str | None) -> None:
        self.right = 0
        self.wrong: list[str] = []
        trust = ssl.create_default_context(cafile=certificate)
        self._http = httpx.Client(base_url=url, headers=key, verify=trust, timeout=60, trust_env=False)
        self._image, self._digit = image, digit
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()
        self._http.close()

    def _ask(self) -> None:
        while not self._over.wait(_PAUSE):
            try:
                answer = self._http.post("/predictions/digits", content=self._image)
                if answer.status_code == 200 and answer.json()["digit"] == self._digit:
                    self.right += 1
                else:
                    self.wrong.append(f"{answer.status_code} {answer.text[:200]}")
            except httpx.HTTPError as error:
                self.wrong.append(repr(error))
