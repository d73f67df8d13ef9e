"""The list of all parts is that of the lock and of the installed TorchServe."""

import json
import re
import subprocess

import pytest

from serving.paths import COMMANDS, ROOT

PYTHON = ROOT / ".venv-audit" / "bin" / "python"
FILE = ROOT / "docs" / "sbom" / "serve.cdx.json"


@pytest.mark.skipif(not PYTHON.exists(), reason="scripts/test makes .venv-audit")
def test_it_is_current_and_right_by_its_schema() -> None:
    done = subprocess.run(
        [PYTHON, COMMANDS, "sbom", "--check"], capture_output=True, text=True, check=False, timeout=240
    )
    assert done.returncode == 0, done.stderr


def test_it_has_every_package_of_the_lock_and_what_torchserve_brought() -> None:
    parts = {component["purl"] for component in json.loads(FILE.read_text())["components"]}
    lock = (ROOT / "requirements" / "serve.txt").read_text()
    for name, version in re.findall(r"^([\w.-]+)==([^\s;\\]+)", lock, flags=re.MULTILINE):
        assert f"pkg:pypi/{name.lower()}@{version}".replace("+", "%2B") in parts
    assert "pkg:maven/io.netty/netty-codec-http@4.1.53.Final" in parts
    assert "pkg:maven/org.apache.logging.log4j/log4j-core" in parts
