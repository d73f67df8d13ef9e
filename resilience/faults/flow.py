"""Requests from wrk, at a fixed rate or as fast as they are answered, and their outcomes."""

import json
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, NamedTuple, Self

import numpy as np

from benchmarks import bodies, photos
from benchmarks.load import request_file
from inference import bundle
from inference.classifier import Classifier
from inference.http_message import Message
from inference.protocols import Decoder
from model import SPEC
from resilience.faults.fault_figures import FaultFigures
from resilience.faults.node import Node
from serving import paths

_SCALE = 16
EDGE = 28 * _SCALE  # side of an image file in pixels, similar to a photograph
_SCRIPT = paths.ROOT / "benchmarks" / "wrk" / "open.lua"
_THREADS, _TIMEOUT, _GRACE = 2, 10, 60  # seconds
_TRIES = 3  # wrk 4.1 sometimes crashes with TLS, and then prints no figures
_KINDS = ("right", "refused", "wrong", "other")

Counts = Mapping[int, int]  # time in ms, or second since the start -> number


@dataclass(frozen=True)
class Flow:
    """Results of requests.

    took     kind -> milliseconds -> number of answers
    seconds  kind -> second -> number of answers
    late     milliseconds after the due time -> number of requests sent; empty without a rate
    errors   number of failed connections and missing answers
    sample   first answer that is neither right nor a refusal
    """

    duration: float
    took: Mapping[str, Counts]
    seconds: Mapping[str, Counts]
    late: Counts
    errors: int
    sample: str

    def count(self, kind: str) -> int:
        return sum(self.took[kind].values())

    def rate(self, kind: str) -> float:
        """Return the answers per second."""
        return self.count(kind) / self.duration

    @property
    def answered(self) -> int:
        return sum(map(self.count, _KINDS))

    def most(self, kind: str) -> float:
        """Return the time of the slowest answer, in seconds."""
        return max(self.took[kind], default=0) / 1000

    def added(self, figures: FaultFigures) -> FaultFigures:
        """Return the figures with these requests added. Times of recovery do not change."""
        unexpected = {f"wrk: {self.sample}": self.count("other") + self.count("wrong")} if self.sample else {}
        unexpected |= {"wrk: connections failed": self.errors} if self.errors else {}
        return replace(
            figures,
            sent=figures.sent + self.answered + self.errors,
            right=figures.right + self.count("right"),
            refused=figures.refused + self.count("refused"),
            lost=figures.lost + self.count("other") + self.errors,
            wrong=figures.wrong + self.count("wrong"),
            slowest=max(figures.slowest, self.most("right")),
            refusal=max(figures.refusal, self.most("refused")),
            messages=figures.messages | unexpected,
        )

    @classmethod
    def parse(cls, output: str) -> Self:
        """Return the results that open.lua printed. Raises ValueError if it printed none."""
        lines = [line for line in output.splitlines() if line.startswith('{"duration"')]
        if not lines:
            raise ValueError(f"wrk printed no figures: {output[-500:]}")
        content: dict[str, Any] = json.loads(lines[-1])
        return cls(
            duration=content["duration"] / 1e6,
            took={kind: dict(kind_content["took"]) for kind, kind_content in content["kinds"].items()},
            seconds={kind: dict(kind_content["seconds"]) for kind, kind_content in content["kinds"].items()},
            late=dict(content["late"]),
            errors=content["errors"],
            sample=content["sample"],
        )


def percentile(counts: Counts, percent: float) -> int:
    """Return the least key that ``percent`` of the counted values do not exceed; 0 if there are none."""
    left = percent / 100 * sum(counts.values())
    for key in sorted(counts):
        left -= counts[key]
        if left <= 0:
            return key
    return 0


class Requests(NamedTuple):
    """Bodies of one type. Each has an image of the same digit, which the model predicts correctly."""

    content_type: str
    contents: Sequence[bytes]


def raw() -> Requests:
    """Return images of 784 bytes, the cheapest requests."""
    return Requests("application/octet-stream", [image.tobytes() for image in bodies.samples().images])


@cache
def files() -> Requests:
    """Return image files as users upload them: much work for the worker, little for the gateway."""
    contents = [photos.png(np.kron(pixels, np.ones((_SCALE, _SCALE), np.uint8))) for pixels in bodies.samples().images]
    decoder = Decoder(SPEC)
    prepared = np.concatenate([decoder.decode(Message(content)).rows for content in contents])
    read = Classifier(bundle.load(paths.BUNDLE, SPEC)).predict(prepared).classes
    return Requests(
        "image/png", [content for content, digit in zip(contents, read, strict=True) if digit == bodies.DIGIT]
    )


@dataclass(frozen=True)
class RequestLoad:
    """Load of requests: connections, seconds, and requests per second of all connections together.

    rate   0: each connection sends the next request when it has its answer
    cores  cores for wrk; empty: all cores
    """

    clients: int
    seconds: float
    rate: float = 0.0
    cores: Sequence[int] = ()


def flow(node: Node, requests: Requests, load: RequestLoad) -> Flow:
    """Send requests to a node, and return their results."""
    command = ["taskset", "--cpu-list", ",".join(map(str, load.cores))] if load.cores else []
    headers = {"Authorization": f"Bearer {node.key}", "Content-Type": requests.content_type}
    with request_file(headers, requests.contents) as file:
        command += ["wrk", f"-t{_THREADS}", f"-c{load.clients}", f"-d{load.seconds:.0f}s", f"--timeout={_TIMEOUT}s"]
        command += ["-s", str(_SCRIPT), f"https://{node.address}/predictions/digits"]
        command += ["--", file, f'"digit":{bodies.DIGIT}', "1"]
        environment = os.environ | {"RATE": str(load.rate / _THREADS)}
        for _ in range(_TRIES):
            done = subprocess.run(
                command, env=environment, capture_output=True, text=True, check=False, timeout=load.seconds + _GRACE
            )
            if done.returncode != -signal.SIGSEGV:
                break
    return Flow.parse(done.stdout)
