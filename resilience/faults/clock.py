"""Fault: a clock that jumps, for the processes of the node only."""

import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from resilience.faults.fault import Check, Injected
from resilience.faults.node import Node
from serving.gateway import haproxy
from serving.torchserve import keys

_SOURCE = Path(__file__).with_name("moved_clock.c")
_JUMP = 2 * 60 * 60  # seconds: longer than the lifetime of TorchServe's keys
_SEEN_SECONDS, _BACK_SECONDS = 4.0, 90.0
_WRAPPER = '#!/bin/sh\nexport {exports}\nexec {binary} "$@"\n'


def jump(node: Node) -> Injected:
    """Move the clock two hours forward, and back again."""
    before, began = keys.read(node.directory).inference, time.monotonic()
    _stay(node, _JUMP)
    after = keys.read(node.directory).inference
    _stay(node, 0)
    renewed = after.value != before.value
    return Injected(began, {}, (Check("TorchServe's key is renewed", "it is" if renewed else "it is not", renewed),))


def environment(folder: Path) -> Mapping[str, str]:
    """Return the environment variables that give processes the clock of a folder."""
    library = folder / "moved.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", str(library), str(_SOURCE)], check=True)
    _set(folder, 0)
    moved = {"LD_PRELOAD": str(library), "CLOCK_MOVED": str(folder / "moved")}
    wrapper = folder / "bin" / "haproxy"  # exports the variables, which the gateway does not inherit
    wrapper.parent.mkdir(exist_ok=True)
    exports = " ".join(f"{name}={value}" for name, value in moved.items())
    wrapper.write_text(_WRAPPER.format(exports=exports, binary=haproxy.find()))
    wrapper.chmod(0o755)
    return moved | {"PATH": f"{wrapper.parent}:{os.environ['PATH']}"}


def missing() -> str:
    return "" if shutil.which("cc") else "no C compiler"


def _stay(node: Node, seconds: int) -> None:
    """Move the clock for some seconds, and then until the node is ready."""
    _set(node.folder, seconds)
    time.sleep(_SEEN_SECONDS)
    node.until(lambda: node.ready() and node.worker(), _BACK_SECONDS, "a READY worker at another time")


def _set(folder: Path, seconds: int) -> None:
    path = folder / "moved"
    path.touch()
    with path.open("r+b") as file:  # in place, because the processes have mapped the file
        file.write(seconds.to_bytes(8, "little", signed=True))
