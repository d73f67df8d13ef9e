"""Load from h2load, which reads only the status of an answer."""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.load import Load, LoadToolError
from serving.errors import UserError

_GRACE = 60  # seconds that h2load may take beyond its time
_STREAM_SECONDS, _STREAM_REQUESTS = 3600, 10**9  # at most
_STAGGER = 0.38  # delay between the starts of two connections, as a share of the time between requests of one


class TimedAnswer(NamedTuple):
    """Answer: time at which its request was sent, in seconds since the epoch, and duration in milliseconds."""

    sent: float
    took: float


def is_installed() -> bool:
    """Return True if h2load is installed. Debian and Ubuntu have it in nghttp2-client."""
    return shutil.which("h2load") is not None


def check_installed() -> None:
    """Raise UserError if h2load is not installed."""
    if not is_installed():
        raise UserError("h2load is not installed (Debian and Ubuntu: apt-get install nghttp2-client)")


def measure(load: Load, clients: int, seconds: float) -> int:
    """Keep ``clients`` connections busy, each with one request at a time. Return the number of answers.

    Raises LoadToolError if h2load fails, or the status of an answer is not 200.
    """
    return answers(_run(load, clients, seconds)[0])


def durations(load: Load, clients: int, seconds: float) -> list[float]:
    """Keep ``clients`` connections busy. Return the milliseconds of each answer. Raises LoadToolError."""
    output, log = _run(load, clients, seconds)
    answers(output)
    return [answer.took for answer in _read(log)]


@contextmanager
def stream(load: Load, clients: int, rate: float = 0.0) -> Iterator[list[TimedAnswer]]:
    """Send requests by HTTP/1.1 while the block runs. Yield a list, which has all answers after the block.

    rate  total requests per second, evenly distributed, if a connection is free; 0: each connection is always busy

    Raises LoadToolError if h2load ends before the block.
    """
    pace = [f"-D{_STREAM_SECONDS}"]
    if rate:
        period = max(1, round(_STAGGER * 1000 * clients / rate))
        pace = [f"-n{_STREAM_REQUESTS}", f"--rps={rate / clients:.3f}", "-r1", f"--rate-period={period}ms"]
    results: list[TimedAnswer] = []
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        command = ["h2load", "--h1", f"-c{clients}", *pace, *_options(load, Path(folder), log)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                yield results
            finally:
                ended = process.poll() is not None
                process.terminate()
        if ended:
            raise LoadToolError(f"h2load ended with status {process.returncode}")
        results += _read(log.read_text().rpartition("\n")[0])  # the last line may be cut


def _run(load: Load, clients: int, seconds: float) -> tuple[str, str]:
    """Return the output of h2load, and its log of answers."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        command = ["h2load", f"-c{clients}", f"-t{min(2, clients)}", f"-D{seconds:.0f}"]
        command += _options(load, Path(folder), log)
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds + _GRACE)
        if done.returncode:
            raise LoadToolError(f"h2load: {(done.stderr or done.stdout).strip()[-500:]}")
        return done.stdout, log.read_text()


def answers(output: str) -> int:
    """Return the number of answers in the output of h2load. Raises LoadToolError if it is 0 or a status is not 200."""
    codes = re.search(r"^status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx", output, re.MULTILINE)
    if not codes:
        raise LoadToolError(f"h2load printed no figures: {output[-500:]}")
    right, *others = map(int, codes.groups())
    if any(others) or not right:
        raise LoadToolError(f"h2load: {codes[0]}")
    return right


def _options(load: Load, folder: Path, log: Path) -> list[str]:
    """Return the arguments to send the first request of a load, one at a time on each connection, with a log.

    folder  receives a file with the body of the request
    """
    body = folder / "body"
    body.write_bytes(load.bodies[0])
    headers = [f"-H{name}: {value}" for name, value in load.endpoint.headers.items()]
    return ["-m1", f"-d{body}", f"--log-file={log}", *headers, load.endpoint.url]


def _read(log: str) -> list[TimedAnswer]:
    rows = (line.split("\t") for line in log.splitlines())
    return [TimedAnswer(int(sent) / 1e6, int(took) / 1000) for sent, _status, took, *_ in rows]
