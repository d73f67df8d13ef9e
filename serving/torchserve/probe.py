"""First requests to a server: a check that it answers, and an example."""

from collections.abc import Mapping
from typing import Any

import httpx

from serving.errors import UserError
from serving.torchserve.keys import Key
from serving.torchserve.management import PLAIN
from serving.torchserve.server import Server

_LOOK_SECONDS = 5.0
_TIMEOUT = 30.0  # seconds; the first request also warms up the JVM


def answers(url: str) -> bool:
    """Return whether GET over http gets status 200."""
    try:
        return httpx.get(url, timeout=_LOOK_SECONDS, trust_env=False, verify=PLAIN).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def probe(running: Server, key: Key, body: bytes, content_type: str, expected: Mapping[str, Any]) -> dict[str, Any]:
    """Send an example and return its prediction. Raises UserError unless it has the expected values."""
    headers = key.header | {"Content-Type": content_type}
    url = f"{running.inference}/predictions/{running.name}"
    try:
        response = httpx.post(url, content=body, headers=headers, timeout=_TIMEOUT, trust_env=False, verify=PLAIN)
    except httpx.TransportError as error:
        raise UserError(f"{url} cannot be reached: {error}") from error
    if response.status_code != httpx.codes.OK or not expected.items() <= response.json().items():
        wanted = ", ".join(f"{key} {value}" for key, value in expected.items())
        raise UserError(f"an example of {wanted} was answered {response.status_code} {response.text[:200]}")
    prediction: dict[str, Any] = response.json()
    return prediction
