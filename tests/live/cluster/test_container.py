"""Instructions of the Dockerfile, run without an engine: user, read-only root, command, health check."""

import json
import re
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from resilience.cluster import namespace
from serving.paths import ROOT
from tests.processes import bounded

from ..conftest import until

_DOCKERFILE = (ROOT / "deploy" / "container" / "Dockerfile").read_text().replace("\\\n", " ")
_SCRIPT = """
set -eu
ip link set lo up
mount --make-rprivate /
mount --bind "$REPOSITORY" /mnt
if [ -n "$HIDDEN" ]; then # this Python lies where only its owner may look
    mount --bind "$PREFIX" /srv
    mount -t tmpfs -o mode=0755 tmpfs "$HIDDEN"
    mkdir -p "$PREFIX"
    mount --move /srv "$PREFIX"
    mount -o remount,bind,ro "$PREFIX"
fi
mount -t tmpfs -o mode=1777 tmpfs /tmp
mkdir -p "$REPOSITORY" # where it lies in /tmp
mount --bind /mnt "$REPOSITORY"
mount -t tmpfs -o mode=0755 tmpfs /run
mount -t tmpfs -o mode=0755 tmpfs /var/lib
install -d -m 0700 -o "$OWNER" -g "$OWNER" /var/lib/digits
mount -o remount,bind,ro "$REPOSITORY"
mount -o remount,bind,ro /
cd "$REPOSITORY"
exec setpriv --reuid "$OWNER" --regid "$OWNER" --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all \\
    env -i PATH=/usr/bin:/bin:/usr/sbin HOME=/var/lib/digits PYTHONDONTWRITEBYTECODE=1 "$@"
"""


def arguments(instruction: str) -> str:
    """Return the arguments of the last instruction of this name in the Dockerfile."""
    lines: list[str] = re.findall(rf"^{instruction} (.+)$", _DOCKERFILE, re.MULTILINE)
    return lines[-1]


def test_a_node_runs_as_nobody_with_a_read_only_root_and_drains_at_the_end() -> None:
    if reason := namespace.missing() or unreadable(ROOT):
        pytest.skip(reason)
    command = json.loads(arguments("ENTRYPOINT")) + json.loads(arguments("CMD"))
    check = json.loads(re.sub(r"^.* CMD ", "", arguments("HEALTHCHECK")))
    owner = arguments("USER").partition(":")[0]
    python = {"PREFIX": sys.base_prefix, "HIDDEN": hidden(Path(sys.base_prefix))}
    place = {"REPOSITORY": str(ROOT), "OWNER": owner, **python}
    unshare = ["unshare", "--mount", "--net", "--pid", "--fork", "--mount-proc", "--kill-child"]
    path = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
    started = subprocess.Popen([*unshare, "sh", "-c", _SCRIPT, "sh", *command], env=place | path)
    with bounded(started) as container:
        try:
            until(lambda: psutil.Process(container.pid).children(), 10)
            (first,) = psutil.Process(container.pid).children()
            inside = ["nsenter", f"--target={first.pid}", "--mount", "--net", "--"]
            inside += ["env", "--ignore-environment", f"--chdir={ROOT}", "PATH=/usr/bin:/bin"]
            until(
                lambda: not subprocess.run([*inside, *check], capture_output=True, check=False, timeout=30).returncode,
                60,
            )
            status = Path(f"/proc/{first.pid}/status").read_text()
            assert {process.uids().real for process in (first, *first.children(recursive=True))} == {int(owner)}
            assert re.search(r"^CapEff:\s0+$", status, re.MULTILINE)
            assert re.search(r"^NoNewPrivs:\s1$", status, re.MULTILINE)
            curl = [*inside, "curl", "--silent", "--fail", "--insecure", "https://127.0.0.1:8443/readyz"]
            until(lambda: not subprocess.run(curl, capture_output=True, check=False, timeout=30).returncode, 10)
            first.terminate()
            assert container.wait(60) == 0
        finally:
            for process in psutil.Process(container.pid).children() if container.poll() is None else ():
                process.kill()  # ends all processes that the first one started, too


def hidden(path: Path) -> str:
    """Return the outermost folder above a path that only its owner may enter. Empty if there is none."""
    return next((str(folder) for folder in reversed(path.parents) if not folder.stat().st_mode & 0o001), "")


def unreadable(path: Path) -> str:
    folder = hidden(path / "file")
    return f"others than its owner may not enter {folder}" if folder else ""
