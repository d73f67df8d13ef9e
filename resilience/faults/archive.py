"""Fault: an archive with one wrong bit."""

import subprocess
import time
from pathlib import Path

from benchmarks import ours
from resilience.faults.changes import rollout, sentence
from resilience.faults.fault import Check, Injected
from resilience.faults.node import Node
from serving.archives.record import record_path
from serving.node import deployment

_REFUSAL_SECONDS = 60.0


def corrupt(node: Node) -> Injected:
    """Corrupt the archive on disk that is served. Then roll out such an archive, and start a second node with it."""
    served = deployment.read(node.directory)
    assert served
    archive = deployment.store(node.directory) / served.current.file
    good, began = archive.read_bytes(), time.monotonic()
    _flip(archive)
    try:
        refused = rollout(node, str(archive))
        started = _start(node, archive)
    finally:
        archive.write_bytes(good)
    unchanged = deployment.read(node.directory) == served
    checks = (
        Check("a rollout of it is refused", refused or "it did", bool(refused)),
        Check("a node does not start with it", started or "it did", bool(started)),
        Check("nothing else is served then", "the same" if unchanged else "another archive", unchanged),
    )
    return Injected(began, {}, checks)


def _flip(archive: Path) -> None:
    content = bytearray(archive.read_bytes())
    content[len(content) // 2] ^= 1
    archive.write_bytes(content)


def _start(node: Node, archive: Path) -> str:
    """Return the error of scripts/serve in a folder whose deployment has this archive; empty if it serves."""
    folder = node.folder / "corrupt"
    store = deployment.store(folder)
    store.mkdir(parents=True, exist_ok=True)
    for file in (archive, record_path(archive)):
        (store / file.name).write_bytes(file.read_bytes())
    (folder / "deployment.json").write_bytes((node.directory / "deployment.json").read_bytes())
    command = ours.serve_command(folder, ours.node_ports("https"))
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_REFUSAL_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return ""
    return sentence(done.stderr) if done.returncode else ""
