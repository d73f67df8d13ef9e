"""Processes that send requests: the attacker and the honest clients."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from pathlib import Path

import numpy as np

from benchmarks import photos
from model.pixels import SIDE
from resilience.attacks import attacker, catalogue
from resilience.attacks.attack import ClientAttack
from resilience.cluster import load
from resilience.cluster.clients import Group, Pace, Record, RequestSample
from resilience.cluster.load import ServiceAddress
from serving.errors import UserError
from serving.paths import ROOT

_PREPARE_SECONDS, _GRACE_SECONDS = 60.0, 40.0
_LOG_CHARACTERS = 500

PACES = {
    Group.PREDICTIONS: Pace(8, 100.0),
    Group.NEWCOMERS: Pace(4, 20.0),
    Group.EXPLANATIONS: Pace(2, 5.0),
    Group.VISITORS: Pace(2, 5.0),
}

Answers = Mapping[str, int]


class AttackError(UserError):
    """Error of a process of this measurement."""


class Attacker:
    """Attacking process. Call ``prepare`` and then ``attack``, any number of times."""

    def __init__(self, process: "subprocess.Popen[str]", log: Path) -> None:
        self._process = process
        self._log = log

    def prepare(self, attack: ClientAttack, keys: Sequence[str], seconds: float) -> None:
        """Let the process make the payloads. Raises AttackError."""
        order = {"name": attack.name, "address": catalogue.address(attack), "keys": keys, "seconds": seconds}
        if self._ask(order, _PREPARE_SECONDS) != "ready":
            raise AttackError(f"{attack.name}: not prepared; see attacker.log")
        self._seconds = seconds

    def attack(self) -> Answers:
        """Run the attack, and return its answers. Raises AttackError."""
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
    """Run an attacker of the gateway at host:port until the end of the block. Its log is in ``folder``.

    scheduling  attacker.IDLE or attacker.NICE
    """
    command = [sys.executable, "-m", attacker.__name__, address.rpartition(":")[2], str(authority), scheduling]
    log, pipe = folder / "attacker.log", subprocess.PIPE
    with log.open("ab") as errors:
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=errors, text=True, cwd=ROOT)
    with process:
        try:
            yield Attacker(process, log)
        finally:
            process.kill()


def asking(
    target: ServiceAddress, folder: Path, attack: ClientAttack
) -> AbstractContextManager[dict[Group, list[Record]]]:
    """Send requests of all groups that the attack may affect while the block runs. Raises UserError."""
    others = [Group.EXPLANATIONS] * attack.explains + [Group.VISITORS] * attack.playground
    paces = {group: PACES[group] for group in (Group.PREDICTIONS, Group.NEWCOMERS, *others)}
    return load.asking(target, folder, paces, samples)


@cache
def samples() -> list[RequestSample]:
    """Return images of the test set with the answers of the model: raw pixels and PNG files in turn."""
    return [
        sample._replace(pixels=_png(bytes.fromhex(sample.pixels)).hex()) if turn % 2 else sample
        for turn, sample in enumerate(load.samples())
    ]


def _png(pixels: bytes) -> bytes:
    return photos.png(np.frombuffer(pixels, np.uint8).reshape(SIDE, SIDE))
