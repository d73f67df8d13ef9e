"""Fixtures: a run folder, and archives for it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from inference import files
from serving.archives import record, seal, signing
from serving.archives.record import Archive
from serving.node import deployment


@pytest.fixture
def build(tmp_path: Path) -> Callable[..., Archive]:
    """Return a function that writes a signed archive and its record, with the parts that a deployment reads."""

    def make(version: str, file: str = "digits.mar", name: str = "digits") -> Archive:
        path = tmp_path / "model_store" / file
        path.parent.mkdir(exist_ok=True)
        manifest = {"model": {"modelName": name, "modelVersion": version}}
        path.write_bytes(seal.seal({seal.MANIFEST: json.dumps(manifest).encode()}))
        archive = signing.signed(Archive(path, record.sha256(path.read_bytes()), "inputs", name, version))
        files.replace(record.record_path(path), archive.record())
        return archive

    return make


def stored(run: Path) -> list[str]:
    """Return the names of the files in the model store of a run folder."""
    return sorted(file.name for file in deployment.store(run).iterdir())
