"""Messages to systemd."""

import re
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from serving import paths
from serving.node import systemd

UNIT = paths.ROOT / "deploy" / "systemd" / "digits.service"


def test_systemd_hears_it_at_a_path_and_at_an_abstract_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for bound, named in ((str(tmp_path / "notify"), str(tmp_path / "notify")), ("\0digits-test", "@digits-test")):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
            listener.settimeout(5)
            listener.bind(bound)
            monkeypatch.setenv("NOTIFY_SOCKET", named)
            systemd.notify("READY=1")
            assert listener.recv(64) == b"READY=1"


def test_without_systemd_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    systemd.notify("READY=1")


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")
def test_the_unit_is_valid_and_confined(tmp_path: Path) -> None:
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace("/opt/digits/scripts/serve", "/bin/true"))  # the path must exist
    checked = subprocess.run(
        ["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False, timeout=240
    )
    assert (checked.returncode, checked.stderr) == (0, "")
    judged = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", unit],
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    exposure = re.search(r"Overall exposure level for digits.service: ([\d.]+)", judged.stdout)
    assert exposure
    assert float(exposure[1]) <= 2  # of 10


def test_its_commands_reach_the_node() -> None:
    """They name the run folder and its user. The gateway's socket must not be in a private /tmp."""
    text = UNIT.read_text()
    (directory,) = re.findall(r"^ExecStart=.* --directory (\S+)$", text, flags=re.MULTILINE)
    (user,) = re.findall(r"^User=(\w+)$", text, flags=re.MULTILINE)
    (temporary,) = re.findall(r"^Environment=TMPDIR=(\S+)$", text, flags=re.MULTILINE)
    state = re.findall(r"^StateDirectory=(.*)$", text, flags=re.MULTILINE)[0].split()
    assert temporary in [f"/var/lib/{name}" for name in state]
    assert len(f"{temporary}/digits-gateway-12345678/socket") < 108
    for document in (text, (paths.ROOT / "docs" / "operations.md").read_text()):
        assert f"sudo -u {user} scripts/keys --directory {directory}" in document
