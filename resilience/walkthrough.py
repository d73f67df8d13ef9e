"""Follow docs/operations.md on a real node while 16 clients ask, and write docs/walkthrough.md.

Two terminals at once, wrong arguments, a second node, scaling, a rollout and back, kills, and a key that is renewed
every minute. Needs haproxy, and about five minutes more than --minutes.
"""

import argparse
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from benchmarks import machine
from inference.files import replace, replace_json
from resilience.cluster import load
from resilience.cluster.clients import Pace, Record
from resilience.faults.__main__ import commit
from resilience.faults.figures import Figures, figures
from resilience.faults.node import talk
from serving.errors import UserError
from serving.gateway import gateway
from serving.node import lock
from serving.paths import ROOT
from serving.torchserve import ports, server, settings
from serving.torchserve.ports import PortBusyError
from serving.waiting import within
from training.reports import folders

COMMAND = "scripts/resilience walkthrough"
_CLIENTS = Pace(16, 0.0)
_COMMAND_SECONDS, _READY_SECONDS, _POLL = 600.0, 60.0, 0.1
_PORTS = 21_000, 32_000  # below those that systems give to connections
_MOST = 1.0  # seconds until a right answer, where nothing was killed
_RENEWED = "the inference key is renewed"
_LIFE = 6  # minutes of a key's life: it is renewed five before its end, so every minute


Found = TypeVar("Found")


class WalkError(UserError):
    """A step that did not do what the documentation says, with the command's own words."""


@dataclass
class Step:
    """One paragraph of the documentation, followed.

    said     what commands that had to fail said, one line each
    figures  of the requests meanwhile; None where no node was there to ask
    kills    whether a process was killed, so that a request may take longer than a second
    """

    title: str
    seconds: float = 0.0
    said: list[str] = field(default_factory=list)
    figures: Figures | None = None
    kills: bool = False

    @property
    def missed(self) -> list[str]:
        found, problems = self.figures, [f"more than one line: {line!r}" for line in self.said if "\n" in line]
        if found and (found.lost or found.wrong):
            problems.append(f"{found.lost} lost, {found.wrong} wrong: {found.said}")
        if found and not self.kills and (found.slowest > _MOST or found.refused):
            problems.append(f"slowest {found.slowest:.2f} s, {found.refused} refused")
        return problems


@dataclass
class Walk:
    """A node in ``folder``, on ports from ``first`` on, and what became of each step."""

    folder: Path
    first: int
    steps: list[Step] = field(default_factory=list)

    @property
    def directory(self) -> Path:
        return self.folder / "run"

    @property
    def place(self) -> list[str]:
        return [f"--directory={self.directory}"]

    def run(self, *command: str, fails: bool = False) -> str:
        """Run a command of the documentation; return what it printed. Raises WalkError if it ends otherwise."""
        done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=_COMMAND_SECONDS)
        if bool(done.returncode) != fails:
            raise WalkError(f"{' '.join(command)}: status {done.returncode}: {done.stdout[-500:]}{done.stderr[-500:]}")
        if fails and self.steps:
            self.steps[-1].said.append(done.stderr.strip() or done.stdout.strip())
        return done.stdout

    @contextmanager
    def step(self, title: str, *, loaded: bool = True, kills: bool = False) -> Iterator[Step]:
        """What the block does is one step, with clients who ask meanwhile if ``loaded``."""
        step = Step(title, kills=kills)
        self.steps.append(step)
        print(f"{title} ...", flush=True)
        began = time.monotonic()
        with self._clients() if loaded else _nobody() as records:
            yield step
        step.seconds = time.monotonic() - began
        step.figures = figures(records, began) if loaded else None
        print(f"  {step.seconds:.0f} s {step.figures or ''} {step.missed or ''}", flush=True)

    @contextmanager
    def _clients(self) -> Iterator[list[Record]]:
        running = _found(gateway.find(self.directory), "gateway")
        key = self.folder / "key"
        door = load.Door(running.url.partition("://")[2], running.certificate, key.read_text())
        with load.checked(talk, door, self.folder, _CLIENTS) as records:
            yield records


def main(options: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory(prefix="digits-walk-") as name:
        walk = Walk(Path(name), _consecutive())
        try:
            follow(walk, options.minutes)
        finally:
            for directory in (walk.directory, walk.folder / "second"):
                end = ["scripts/down", f"--directory={directory}"]
                subprocess.run(end, check=False, cwd=ROOT, capture_output=True, timeout=_COMMAND_SECONDS)
    publish(options.docs, walk.steps)
    missed = [problem for step in walk.steps for problem in step.missed]
    print("\n".join(missed) or "nothing missed")
    return 1 if missed else 0


def follow(walk: Walk, minutes: float) -> None:
    """Every step in the order of the documentation. Raises WalkError."""
    start(walk)
    change(walk)
    kill(walk)
    renew(walk, minutes)


def start(walk: Walk) -> None:
    up = ["scripts/up", "--gateway", *walk.place, f"--ports={walk.first}"]
    with walk.step("scripts/up in two terminals at once", loaded=False):
        both = [subprocess.Popen(up, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) for _ in range(2)]
        for one in both:
            output, _ = one.communicate(timeout=_COMMAND_SECONDS)
            if one.returncode:
                raise WalkError(output.decode()[-500:])
    added = walk.run("scripts/clients", *walk.place, "add", "walker", "--rate=100000")
    (walk.folder / "key").write_text(next(word for word in added.split() if word.startswith("digits_")))
    _until(lambda: _served(walk), _READY_SECONDS, "the new key is served")
    with walk.step("wrong arguments, and a port that is taken"):
        for wrong in (["up", "--gatway"], ["down", "--all"], ["scale", "0"], ["rollout", "nothing.mar"], ["keys", "x"]):
            walk.run(f"scripts/{wrong[0]}", *walk.place, *wrong[1:], fails=True)
        walk.run("scripts/clients", *walk.place, "add", "late", "--days=0", fails=True)
        second = f"--directory={walk.folder / 'second'}"
        walk.run("scripts/up", second, f"--ports={walk.first}", fails=True)


def change(walk: Walk) -> None:
    second = f"--directory={walk.folder / 'second'}"
    with walk.step("a second node, and its end"):
        walk.run("scripts/up", second, f"--ports={_consecutive()}")
        walk.run("scripts/keys", second)
        walk.run("scripts/down", second)
    with walk.step("clients added, listed and revoked"):
        walk.run("scripts/clients", *walk.place, "add", "shop")
        walk.run("scripts/clients", *walk.place, "list")
        walk.run("scripts/clients", *walk.place, "revoke", "shop")
    with walk.step("scripts/scale 2 and 1"):
        walk.run("scripts/scale", *walk.place, "2")
        walk.run("scripts/scale", *walk.place, "1")
    archive = walk.folder / "digits-2.0.mar"
    walk.run("scripts/package", "--version=2.0", f"--out={archive}")
    with walk.step("a rollout, its history, and back"):
        walk.run("scripts/rollout", *walk.place, str(archive))
        walk.run("scripts/rollout", *walk.place, "--history")
        walk.run("scripts/rollout", *walk.place, "--rollback")
        walk.run("scripts/rollout", *walk.place, "--rollback", fails=True)


def kill(walk: Walk) -> None:
    victims: Sequence[tuple[str, Callable[[], int | None]]] = (
        ("TorchServe", lambda: _pid(server.find(walk.directory))),
        ("the gateway", lambda: _pid(gateway.find(walk.directory))),
        ("the supervisor", lambda: lock.holder(walk.directory)),
    )
    for name, find in victims:
        with walk.step(f"kill -9 of {name}", kills=True):
            old = _found(find(), name)
            subprocess.run(["kill", "-9", str(old)], check=True)
            _until(partial(_another, find, old), _READY_SECONDS, f"{name} is there again")
            _until(lambda: _served(walk), _READY_SECONDS, "an answer")


def renew(walk: Walk, minutes: float) -> None:
    walk.run("scripts/down", *walk.place)
    log = walk.folder / "serve.log"
    command = ["scripts/serve", "--gateway", *walk.place, f"--set=token_expiration_min={_LIFE}"]
    with log.open("w") as out, subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=out) as process:
        try:
            _until(lambda: _served(walk), _READY_SECONDS, "a node with short-lived keys")
            with walk.step(f"scripts/serve, its key renewed every minute for {minutes:g} minutes") as step:
                wanted = max(1, round(minutes))
                _until(lambda: log.read_text().count(_RENEWED) >= wanted, 60 * minutes + 60, f"{wanted} renewals")
                time.sleep(_MOST)  # requests that wait for the last one
                step.title += f" ({log.read_text().count(_RENEWED)} renewals)"
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(_COMMAND_SECONDS)


def _another(find: Callable[[], int | None], old: int) -> bool:
    return find() not in (None, old)


def publish(docs: Path, steps: Sequence[Step]) -> None:
    """Write the steps as JSON and as a page."""
    told: dict[str, Any] = {"commit": commit(), "date": f"{datetime.now(UTC):%Y-%m-%d}", "machine": machine.describe()}
    replace_json(folders.results(docs) / "walkthrough.json", told | {"steps": [asdict(step) for step in steps]})
    lines = [
        "# The operator's documentation, followed",
        "",
        f"`{COMMAND}` runs the commands of [operations.md](operations.md) in order, on a node of its own, while"
        f" {_CLIENTS.connections} clients ask over open connections. A request that is not answered counts as lost.",
        "",
        "| step | seconds | requests | lost | wrong | refused | slowest answer |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
        *(_row(step) for step in steps),
        "",
        "What commands say that cannot be done:",
        "",
        "```",
        *(line for step in steps for line in step.said),
        "```",
        "",
        f"Measured on {told['date']} at commit {told['commit']}.",
    ]
    replace(docs / "walkthrough.md", ("\n".join(lines) + "\n").encode())


def _row(step: Step) -> str:
    found = step.figures
    counts = [f"{n:,}" for n in (found.sent, found.lost, found.wrong, found.refused)] if found else ["-"] * 4
    slowest = f"{1000 * found.slowest:,.0f} ms" if found else "-"
    return f"| {step.title} | {step.seconds:.0f} | {' | '.join(counts)} | {slowest} |"


@contextmanager
def _nobody() -> Iterator[list[Record]]:
    yield []


def _consecutive() -> int:
    """The first of as many free ports in a row as a node takes."""
    number = len(settings.ports(str(_PORTS[0])))
    for first in range(*_PORTS, number):
        with suppress(PortBusyError):
            ports.check_all_free(dict.fromkeys(range(first, first + number), "a trial"))
            return first
    raise WalkError("no ports are free")


def _served(walk: Walk) -> bool:
    running = gateway.find(walk.directory)
    if not running:
        return False
    ask = ["curl", "-sf", "--cacert", str(running.certificate), f"{running.url}/readyz"]
    return subprocess.run(ask, check=False, capture_output=True, timeout=30).returncode == 0


def _pid(running: Any) -> int | None:
    return running.pid if running else None


def _found(thing: Found | None, name: str) -> Found:
    if thing is None:
        raise WalkError(f"no {name} runs")
    return thing


def _until(condition: Callable[[], object], seconds: float, what: str) -> None:
    if not within(seconds, condition, _POLL):
        raise WalkError(f"not within {seconds:.0f} s: {what}")
