"""Telemetry: no program that serves or packages models sends events about them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from serving.paths import ROOT


@pytest.mark.parametrize(
    "module", ["inference.runtimes.onnx", "inference.runtimes.graph", "serving.archives.onnx_graph"]
)
def test_onnx_runtime_begins_no_session_of_its_telemetry(module: str, tmp_path: Path) -> None:
    """The first step of its telemetry would be a file in the folder for temporary files."""
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    command = [sys.executable, "-c", f"import {module}, onnxruntime"]
    subprocess.run(command, check=True, timeout=120, cwd=ROOT, env=environment | {"TMPDIR": str(tmp_path)})
    assert [path.name for path in tmp_path.iterdir()] == []
