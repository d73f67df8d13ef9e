"""A first request to a server that has just become ready: does it read a digit as it should?"""

from pathlib import Path
from typing import Any

import httpx

from serving.errors import UserError
from serving.paths import NAME
from serving.torchserve.keys import Key

_TIMEOUT = 30.0  # seconds: the very first request also warms the JVM


class ProbeError(UserError):
    """The server answered something else than the right digit."""


def probe(inference: str, key: Key, image: Path, digit: int) -> dict[str, Any]:
    """Send an image file and return the prediction. Raises ProbeError unless it is the given digit."""
    headers = key.header | {"Content-Type": "image/png"}
    url = f"{inference}/predictions/{NAME}"
    try:
        response = httpx.post(url, content=image.read_bytes(), headers=headers, timeout=_TIMEOUT, trust_env=False)
    except httpx.TransportError as error:
        raise ProbeError(f"{url} cannot be reached: {error}") from error
    if response.status_code != 200 or response.json()["digit"] != digit:
        raise ProbeError(f"an image of a {digit} was answered {response.status_code} {response.text[:200]}")
    prediction: dict[str, Any] = response.json()
    return prediction
