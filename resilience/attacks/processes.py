"""Handles of the two processes that send: the attacker and the honest clients."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from model.pixels import SIDE
from resilience.attacks import attacker, catalogue, honest
from resilience.attacks.attack import ClientAttack
from resilience.attacks.honest import Group
from resilience.cluster import load
from resilience.cluster.clients import Record, RequestSample
from resilience.cluster.load import ServiceAddress
from serving.errors import UserError
from serving.paths import ROOT

_PREPARE_SECONDS, _GRACE_SECONDS, _END_SECONDS = 60.0, 40.0, 60.0
_LOG_CHARACTERS = 500

Answers = Mapping[str, int]
Records = dict[Group, list[Record]]


class AttackError(UserError):
    """A process of the harness that failed."""


class Attacker:
    """The attacking process. ``prepare`` and then ``attack``, any number of times."""

    def __init__(self, process: "subprocess.Popen[str]", log: Path) -> None:
        self._process = process
        self._log = log

    def prepare(self, attack: ClientAttack, keys: Sequence[str], seconds: float) -> None:
        """Have the payloads made. Raises AttackError."""
        order = {"name": attack.name, "address": catalogue.address(attack), "keys": keys, "seconds": seconds}
        if self._ask(order, _PREPARE_SECONDS) != "ready":
            raise AttackError(f"{attack.name}: not prepared; see attacker.log")
        self._seconds = seconds

    def attack(self) -> Answers:
        """Return the answers of the attack, when it is over. Raises AttackError."""
        answers: Answers = json.loads(self._ask("go", self._seconds + _GRACE_SECONDS))
        return answers

    def _ask(self, message: object, seconds: float) -> str:
        assert self._process.stdin
        assert self._process.stdout
        late = threading.Timer(seconds, self._process.kill)
        late.start()
        try:
            self._process.stdin.write(f"{json.dumps(message)}\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline().strip()
        except BrokenPipeError:
            line = ""
        finally:
            late.cancel()
        if not line:
            raise AttackError(f"the attacker ended: {self._log.read_text()[-_LOG_CHARACTERS:] or 'killed'}")
        return line


@contextmanager
def attacking(address: str, authority: Path, folder: Path, scheduling: str = attacker.IDLE) -> Iterator[Attacker]:
    """An attacker of the gateway at host:port, killed at the end of the block; its log is in ``folder``.

    scheduling  attacker.IDLE or attacker.NICE
    """
    arguments = [address.rpartition(":")[2], str(authority), scheduling]
    log = folder / "attacker.log"
    with _process(attacker.__name__, arguments, log) as process:
        yield Attacker(process, log)


@contextmanager
def asking(target: ServiceAddress, folder: Path, groups: Sequence[Group]) -> Iterator[Records]:
    """Honest clients ask while the block runs; the records are complete when it ends. Raises AttackError."""
    records: Records = {}
    file = folder / "samples.json"
    if not file.exists():
        file.write_text(json.dumps(samples()))
    arguments = [target.address, str(target.authority), str(file), *groups]
    with _process(honest.__name__, arguments, folder / "honest.log") as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(f"{target.key}\n")
        process.stdin.flush()
        if process.stdout.readline().strip() != "began":
            raise AttackError("no honest client was connected; see honest.log")
        yield records
        output, _ = process.communicate(timeout=_END_SECONDS)
        records |= {Group(group): [Record(*row) for row in rows] for group, rows in json.loads(output).items()}


@cache
def samples() -> list[RequestSample]:
    """Return images of the test set with the model's answers: raw pixels and PNG files by turns."""
    return [
        RequestSample(_png(sample.pixels) if turn % 2 else sample.pixels, sample.probabilities)
        for turn, sample in enumerate(load.samples())
    ]


def _png(pixels: str) -> str:
    file = BytesIO()
    Image.frombytes("L", (SIDE, SIDE), bytes.fromhex(pixels)).save(file, "PNG")
    return file.getvalue().hex()


@contextmanager
def _process(module: str, arguments: Sequence[str], log: Path) -> Iterator["subprocess.Popen[Any]"]:
    command = [sys.executable, "-m", module, *arguments]
    pipe = subprocess.PIPE
    with log.open("ab") as errors:
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=errors, text=True, cwd=ROOT)
    with process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
