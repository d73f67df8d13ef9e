"""Renewals of TorchServe's inference key under load."""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import httpx

from benchmarks.background import background
from inference import files
from resilience.cluster.clients import CROWD, Pace
from resilience.faults.fault import CALM, Check, Injected
from resilience.faults.node import Node
from serving.torchserve import keys
from training.digits import data

PACE = Pace(CROWD.connections, 500.0)
_RENEWALS, _PAUSE, _BACK_SECONDS = 10, 0.5, 30.0  # number, seconds between two, longest wait for one
_HELD = 50  # longest hold of a prediction in milliseconds
_IMAGES = 64  # images in a long body
_SOON = timedelta(minutes=3)  # the supervisor renews a key five minutes before its end
_PREDICTIONS = "/predictions/digits"


def renew(node: Node, renewals: int = _RENEWALS, most: int = _HELD) -> Injected:
    """Make the supervisor renew the key while some clients send requests for explanations and long bodies.

    most  milliseconds that the gateway may hold a prediction
    """
    began, when = time.monotonic(), time.time()
    with expensive(node) as answers:
        for _ in range(renewals):
            _renew(node)
            time.sleep(_PAUSE)
    time.sleep(CALM)  # the gateway writes its log with a delay
    durations = longest(node.directory / "logs" / "gateway.log", when)
    others = ", ".join(f"{count:,} x {answer}" for answer, count in answers.most_common())
    checks = (
        Check(f"a new key holds a prediction for {most} ms at most", f"{durations} ms", durations <= most),
        Check("explanations and long bodies are answered", others, set(answers) == {"200"}),
    )
    return Injected(began, {"renewals": renewals, "held": durations, "others": dict(answers)}, checks)


def longest(log: Path, when: float) -> int:
    """Return the longest hold of a short prediction in the gateway's log after the time ``when``, in ms."""
    lines = [json.loads(line) for line in log.read_text().splitlines() if '"held_ms"' in line]
    since = datetime.fromtimestamp(when, UTC)
    short = [line for line in lines if line["path"] == _PREDICTIONS and datetime.fromisoformat(line["time"]) >= since]
    durations = [line["held_ms"] for line in short]
    return max((int(milliseconds) for milliseconds in durations if milliseconds.isdigit()), default=0)


@contextmanager
def expensive(node: Node) -> Iterator[Counter[str]]:
    """Send explanations and long bodies while the block runs. Count the answers by their status."""
    images = data.load().test.images[:_IMAGES]
    sent = (("/explanations/digits?method=occlusion", images[:1].tobytes()), (f"{_PREDICTIONS}/1.0", images.tobytes()))
    counted: Counter[str] = Counter()
    with background(*(partial(_ask, node, path, body, counted) for path, body in sent)):
        yield counted


def _ask(node: Node, path: str, body: bytes, counted: Counter[str], over: threading.Event) -> None:
    with node.client() as http:
        while not over.is_set():
            try:
                response = http.post(path, content=body)
                counted["200" if response.is_success else f"{response.status_code} {response.content!r}"] += 1
            except httpx.TransportError as error:
                counted[repr(error)] += 1


def _renew(node: Node) -> None:
    """Set the expiry of the key's file to soon, and wait for the next key. TorchServe itself does not read the file."""
    file = node.directory / keys.FILE
    content, old = json.loads(file.read_text()), keys.read(node.directory).inference
    content["inference"]["expiration time"] = (datetime.now(UTC) + _SOON).strftime("%Y-%m-%dT%H:%M:%S.000000000Z")
    files.replace_json(file, content, files.PRIVATE)
    node.until(lambda: keys.read(node.directory).inference.value != old.value, _BACK_SECONDS, "another key")
