"""One fuzzing run: schemathesis and a control client send requests to one server."""

import json
import os
import ssl
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from benchmarks.background import background
from resilience.fuzz import samples
from serving.paths import ROOT

DOCUMENT = ROOT / "docs" / "openapi.yaml"
_SCHEMATHESIS = ROOT / ".venv-fuzz" / "bin" / "schemathesis"
_CHECKS = (
    "is_no_fault",
    "is_whole",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
_PAUSE = 0.02  # seconds between two correct requests
_WORKERS = 1  # hypothesis does not support threads


@dataclass(frozen=True)
class FuzzTarget:
    """Server under test: its address, the header with its key, whether it is the gateway, the certificate to trust."""

    url: str
    key: Mapping[str, str]
    gateway: bool = False
    certificate: str | None = None


@dataclass(frozen=True)
class FuzzOutcome:
    """Result of a run.

    answers   for each operation, the number of answers of each status
    right     number of correct answers to the control client; ``wrong`` has the other answers
    failures  output of schemathesis if a check failed; otherwise empty
    restarts  pids of processes that have ended; None if the processes of the server are not visible here
    """

    seconds: int
    answers: dict[str, dict[str, int]]
    right: int
    wrong: list[str]
    failures: str
    restarts: list[int] | None = field(default=None)

    @property
    def good(self) -> bool:
        return not (self.wrong or self.failures or self.restarts) and bool(self.answers) and self.right > 0

    def statuses(self) -> dict[str, int]:
        """Return the number of answers of each status."""
        by_status: Counter[str] = Counter()
        for counts in self.answers.values():
            by_status.update(counts)
        return dict(sorted(by_status.items()))

    def as_dict(self) -> dict[str, Any]:
        return asdict(self) | {"requests": sum(self.statuses().values()), "statuses": self.statuses()}


def fuzz(target: FuzzTarget, image: bytes, digit: int, limit: str) -> FuzzOutcome:
    """Send random requests up to a limit, while a control client sends an image (784 bytes) of a digit.

    limit  ``--max-time=300`` for seconds, or ``--max-examples=20`` for requests of each operation
    """
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="digits-fuzz-") as work:
        folder, answers = Path(work, "samples"), Path(work, "answers.json")
        folder.mkdir()
        samples.write(folder, np.frombuffer(image * 2, np.uint8).reshape(2, 28, 28))
        with control_client(target, image, digit) as (right, wrong):
            hooks = {"SCHEMATHESIS_HOOKS": str(Path(__file__).with_name("requests.py"))}
            environment = os.environ | hooks | {"FUZZ_SAMPLES": str(folder), "FUZZ_ANSWERS": str(answers)}
            command = _command(target, limit)
            done = subprocess.run(command, cwd=work, env=environment, capture_output=True, text=True, check=False)
        responses = json.loads(answers.read_text()) if answers.exists() else []
    counts: dict[str, dict[str, int]] = {}
    for operation, status, count in responses:
        counts.setdefault(operation, {})[str(status)] = count
    failures = "" if done.returncode == 0 else _message(done.stdout + done.stderr)
    return FuzzOutcome(round(time.monotonic() - start), counts, len(right), wrong[:10], failures)


@contextmanager
def control_client(target: FuzzTarget, image: bytes, digit: int) -> Iterator[tuple[list[str], list[str]]]:
    """Send a correct request repeatedly while the block runs. The lists get the right and the wrong answers."""
    right: list[str] = []
    wrong: list[str] = []
    trust = ssl.create_default_context(cafile=target.certificate)

    def ask(over: threading.Event) -> None:
        with httpx.Client(base_url=target.url, headers=target.key, verify=trust, timeout=60, trust_env=False) as http:
            while not over.wait(_PAUSE):
                try:
                    answer = http.post("/predictions/digits", content=image)
                    is_right = answer.status_code == 200 and answer.json()["digit"] == digit
                    (right if is_right else wrong).append(f"{answer.status_code} {answer.text[:200]}")
                except httpx.HTTPError as error:
                    wrong.append(repr(error))

    with background(ask):
        yield right, wrong


def _message(text: str) -> str:
    """Return the output of schemathesis, shortened because it contains megabytes of requests."""
    return "\n".join(line[:300] for line in text.splitlines()[-200:])


def _command(target: FuzzTarget, limit: str) -> list[str]:
    command = [str(_SCHEMATHESIS), "run", str(DOCUMENT), "--url", target.url, limit]
    command += [word for name, value in target.key.items() for word in ("--header", f"{name}: {value}")]
    command += ["--phases", "fuzzing", "--workers", str(_WORKERS), "--continue-on-failure", "--no-color"]
    command += ["--checks", ",".join(_CHECKS), "--warnings", "off", "--suppress-health-check", "all"]
    command += ["--generation-database", "none", "--request-timeout", "60", "--no-shrink"]
    if not target.gateway:
        command += ["--exclude-tag", "state"]  # TorchServe itself lacks these operations
    if target.certificate:
        command += ["--tls-verify", target.certificate]
    return command
