"""SBOMs: they list the parts of the locks and of the installed TorchServe."""

import json
import re
import subprocess

import pytest

from serving.paths import COMMANDS, ROOT

PYTHON = ROOT / ".venv-audit" / "bin" / "python"


@pytest.mark.skipif(not PYTHON.exists(), reason="scripts/test makes .venv-audit")
def test_they_are_current_and_right_by_their_schema() -> None:
    completed = subprocess.run(
        [PYTHON, COMMANDS, "sbom", "--check"], capture_output=True, text=True, check=False, timeout=240
    )
    assert completed.returncode == 0, completed.stderr


@pytest.mark.parametrize("stem", ["serve", "explain"])
def test_each_has_every_package_of_its_lock_and_what_torchserve_brought(stem: str) -> None:
    file = ROOT / "docs" / "sbom" / f"{stem}.cdx.json"
    parts = {component["purl"] for component in json.loads(file.read_text())["components"]}
    lock = (ROOT / "requirements" / f"{stem}.txt").read_text()
    for name, version in re.findall(r"^([\w.-]+)==([^\s;\\]+)", lock, flags=re.MULTILINE):
        assert f"pkg:pypi/{name.lower()}@{version}".replace("+", "%2B") in parts
    assert "pkg:maven/io.netty/netty-codec-http@4.1.53.Final" in parts
    assert "pkg:maven/org.apache.logging.log4j/log4j-core" in parts
