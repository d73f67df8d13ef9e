"""Load from wrk, which checks every answer."""

import statistics
import subprocess
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeVar

import orjson

from benchmarks.contender import Endpoint
from serving.errors import UserError

_SCRIPT = Path(__file__).with_name("wrk") / "check.lua"
_TIMEOUT = 10  # seconds for one answer: the slowest peer needs a second at 128 clients
_GRACE = 60  # further seconds for wrk to connect and count

Row = TypeVar("Row")


class LoadToolError(UserError):
    """Error: a load tool measured nothing, or got wrong answers."""


@dataclass(frozen=True)
class Load:
    """Requests that are sent in turn. A right answer contains ``marker`` at least ``count`` times."""

    endpoint: Endpoint
    bodies: Sequence[bytes]
    marker: str
    count: int = 1


@dataclass(frozen=True)
class Measurement:
    """Measurement of several clients over some seconds.

    rate             right answers per second
    p50, p90, p99    latency, ms
    wrong            number of answers without status 200 or the right digit
    errors           number of connections that were refused, broken or timed out
    sample           status and beginning of a wrong answer
    """

    requests: int
    rate: float
    p50: float
    p90: float
    p99: float
    wrong: int
    errors: int
    sample: str = ""

    @property
    def failure(self) -> str:
        """Return a description of the failure; empty if there was none."""
        if not (self.wrong or self.errors):
            return "" if self.requests else "no answer at all"
        shown = f"; the first: {self.sample}" if self.sample else ""
        return f"of {self.requests} answers {self.wrong} wrong, {self.errors} connections failed{shown}"

    @classmethod
    def parse(cls, output: str) -> Self:
        """Read the output of wrk. Raises LoadToolError if the line with the figures is missing."""
        lines = [line for line in output.splitlines() if line.startswith('{"requests"')]
        if not lines:
            raise LoadToolError(f"wrk printed no figures: {output[-500:]}")
        content = orjson.loads(lines[-1])
        return cls(
            requests=content["requests"],
            rate=(content["requests"] - content["wrong"]) / (content["duration"] / 1e6),
            **{name: content[name] / 1000 for name in ("p50", "p90", "p99")},
            wrong=content["wrong"],
            errors=sum(content[kind] for kind in ("connect", "read", "write", "timeout")),
            sample=content["sample"],
        )


def measure(load: Load, clients: int, seconds: float) -> Measurement:
    """Keep ``clients`` connections busy for ``seconds`` >= 1. Raises LoadToolError if wrk fails."""
    with request_file(load.endpoint.headers, load.bodies) as requests:
        command = ["wrk", f"-t{min(2, clients)}", f"-c{clients}", f"-d{seconds:.0f}s", f"--timeout={_TIMEOUT}s"]
        command += ["-s", str(_SCRIPT), load.endpoint.url, "--", requests, load.marker, str(load.count)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds + _GRACE)
    if done.returncode:
        raise LoadToolError(f"wrk: {(done.stderr or done.stdout).strip()[-500:]}")
    return Measurement.parse(done.stdout)


def measure_right(load: Load, clients: int, seconds: float) -> Measurement:
    """Measure as ``measure`` does. Raises LoadToolError also for a wrong answer."""
    measured = measure(load, clients, seconds)
    if measured.failure:
        raise LoadToolError(measured.failure)
    return measured


def medians(rounds: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """Return the median of each figure over the rounds. All rounds have the same figures."""
    rows = list(rounds)
    return {name: statistics.median(row[name] for row in rows) for name in rows[0]}


def quartiles(values: Sequence[float]) -> list[float]:
    """Return the quartiles of at least one value. A busy minute distorts the mean of pairs, not their median."""
    return statistics.quantiles(values, n=4) if len(values) > 1 else 3 * list(values)


def in_turn(rows: dict[str, list[Row]], names: Collection[str], rounds: int, measure: Callable[[str], Row]) -> None:
    """Add the measurements of several rounds to the rows of each name. For fairness the order alternates."""
    for turn in range(rounds):
        for name in [*names][:: -1 if turn % 2 else 1]:
            rows.setdefault(name, []).append(measure(name))


@contextmanager
def request_file(headers: Mapping[str, str], bodies: Sequence[bytes]) -> Iterator[str]:
    """Yield the path of a temporary file of requests for wrk. It is private, because it contains a key."""
    with tempfile.NamedTemporaryFile() as file:
        file.write("".join(f"{name}: {value}\n" for name, value in headers.items()).encode() + b"\n")
        file.writelines(b"%d\n%b" % (len(body), body) for body in bodies)
        file.flush()
        yield file.name
