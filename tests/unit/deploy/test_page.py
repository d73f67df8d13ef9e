"""Commands of docs/deploy.md that need only this machine."""

import re
import subprocess
from pathlib import Path

from serving.gateway import edge
from serving.paths import ROOT
from tests.unit.deploy.manifests import run

PAGE = ROOT / "docs" / "deploy.md"


def test_the_certificates_it_makes_are_what_the_edge_asks_for(tmp_path: Path) -> None:
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text(), flags=re.DOTALL)
    (commands,) = [block for block in blocks if "openssl" in block]
    subprocess.run(["bash", "-euc", commands], cwd=tmp_path, check=True, capture_output=True, timeout=240)
    authority, node = tmp_path / "authority.pem", tmp_path / "node.pem"
    completed = run(["openssl", "verify", "-verify_hostname", edge.NODES_NAME, "-CAfile", authority, node])
    assert completed.returncode == 0, completed.stderr
    assert node.read_text().count("-----BEGIN ") == 2


def test_what_it_names_is_there() -> None:
    links = re.findall(r"\]\(([^)#]+)", PAGE.read_text())
    assert len(links) >= 6
    for link in links:
        assert (PAGE.parent / link).exists(), link
