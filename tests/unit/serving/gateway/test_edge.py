"""The edge's configuration for nodes, which HAProxy itself must accept."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from resilience.cluster import authority
from serving.errors import UserError
from serving.gateway import edge

NODES = {"one": "10.0.0.1:8443", "two": "node-two.internal:8443", "six": "[fd00::6]:8443"}


def test_every_node_is_checked_once_and_asked_unchecked_where_none_is_in() -> None:
    text = edge.render(NODES)
    for name, address in NODES.items():
        assert f"server {name} {address} check\n" in text
        assert text.count(f"server {name} {address} track quick/{name}\n") == 2
        assert text.count(f"server {name}-unchecked {address} backup\n") == 2
    assert not re.search(r"^ *server .*@", text, re.MULTILINE)


@pytest.mark.parametrize("nodes", [{"one two": "10.0.0.1:8443"}, {"one": "10.0.0.1"}, {"one": "10.0.0.1:1 backup"}])
def test_what_is_no_node_is_refused(nodes: dict[str, str]) -> None:
    with pytest.raises(UserError, match="NAME=HOST:PORT"):
        edge.render(nodes)


def test_haproxy_accepts_it(tmp_path: Path) -> None:
    if not (haproxy := shutil.which("haproxy", path="/usr/sbin:/usr/local/sbin:/usr/bin")):
        pytest.skip("haproxy is not installed")
    signer = authority.create(tmp_path)
    (tmp_path / "edge.cfg").write_text(edge.render({"one": "127.0.0.1:8443"}))
    environment = {
        "EDGE_BIND": "127.0.0.1:443",
        "EDGE_CERTIFICATE": str(signer.issue("localhost")),
        "EDGE_NODES_CA": str(signer.certificate),
        "EDGE_SOCKET": str(tmp_path / "socket"),
    }
    command = [haproxy, "-c", "-f", str(tmp_path / "edge.cfg")]
    completed = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=240)
    assert completed.returncode == 0, completed.stderr
    assert "WARNING" not in completed.stderr
