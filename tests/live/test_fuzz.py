"""A few random requests, made from docs/openapi.yaml. scripts/fuzz sends them for as long as wanted."""

import subprocess
from pathlib import Path

import pytest
import yaml

from resilience.fuzz import run
from resilience.fuzz.run import FuzzTarget
from serving.paths import ROOT
from serving.torchserve import keys

from .conftest import Client

ENVIRONMENT = ROOT / ".venv-fuzz" / "bin"
EACH = "--max-examples=25"  # for each of six operations

pytestmark = pytest.mark.skipif(not ENVIRONMENT.exists(), reason="scripts/test makes .venv-fuzz")


def test_the_document_is_openapi() -> None:
    completed = subprocess.run(
        [ENVIRONMENT / "openapi-spec-validator", run.DOCUMENT], capture_output=True, check=False, timeout=240
    )
    assert completed.returncode == 0, completed.stdout


def test_every_answer_is_as_the_document_says(digits: Client, seven: bytes) -> None:
    workers = digits.workers()
    key = keys.read(digits.server.directory).inference.header
    outcome = run.fuzz(FuzzTarget(digits.server.inference, key), seven, 7, EACH)
    assert outcome.failures == ""
    assert outcome.wrong == []
    assert outcome.right > 0
    assert {"200", "400"} <= outcome.statuses().keys() <= {"200", "400", "404", "413", "415"}
    assert len(outcome.answers) == 6
    assert digits.workers() == workers


def test_an_answer_that_is_not_as_the_document_says_is_found(
    digits: Client, seven: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = tmp_path / "openapi.yaml"
    document = yaml.safe_load(run.DOCUMENT.read_text())
    schemas = document["components"]["schemas"]
    schemas["digits.Label"] = schemas["Error"]["properties"]["message"] = {"type": "boolean"}  # in every JSON answer
    wrong.write_text(yaml.safe_dump(document))
    monkeypatch.setattr(run, "DOCUMENT", wrong)
    key = keys.read(digits.server.directory).inference.header
    outcome = run.fuzz(FuzzTarget(digits.server.inference, key), seven, 7, "--max-examples=2")
    assert "Response violates schema" in outcome.failures
    assert not outcome.good
