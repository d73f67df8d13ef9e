"""HTTP/2 load from h2load, which reads no more of an answer than its status."""

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from benchmarks.load import Load, LoadToolError

_GRACE = 60  # seconds that h2load may take beyond its time


def is_installed() -> bool:
    """Return whether h2load is installed: Debian's and Ubuntu's nghttp2-client."""
    return shutil.which("h2load") is not None


def measure(load: Load, clients: int, seconds: float) -> int:
    """Keep ``clients`` connections busy, each with one request at a time; gives the number of answers.

    Raises LoadToolError if h2load fails, or an answer is no 200.
    """
    return answers(_run(load, clients, seconds)[0])


def durations(load: Load, clients: int, seconds: float) -> list[float]:
    """Keep ``clients`` connections busy; gives the milliseconds of each answer. Raises LoadToolError."""
    output, log = _run(load, clients, seconds)
    answers(output)
    return [int(line.split("\t")[2]) / 1000 for line in log.splitlines()]


def _run(load: Load, clients: int, seconds: float) -> tuple[str, str]:
    """Return h2load's output, and its log of answers."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        body = Path(folder) / "body"
        body.write_bytes(load.bodies[0])
        command = ["h2load", f"-c{clients}", f"-t{min(2, clients)}", f"-D{seconds:.0f}", "-m1", f"-d{body}"]
        command += [f"--log-file={log}", *(f"-H{name}: {value}" for name, value in load.endpoint.headers.items())]
        command.append(load.endpoint.url)
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds + _GRACE)
        if done.returncode:
            raise LoadToolError(f"h2load: {(done.stderr or done.stdout).strip()[-500:]}")
        return done.stdout, log.read_text()


def answers(output: str) -> int:
    """Return the number of answers that h2load counted. Raises LoadToolError if there is none, or not all are 200."""
    codes = re.search(r"^status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx", output, re.MULTILINE)
    if not codes:
        raise LoadToolError(f"h2load printed no figures: {output[-500:]}")
    right, *others = map(int, codes.groups())
    if any(others) or not right:
        raise LoadToolError(f"h2load: {codes[0]}")
    return right
