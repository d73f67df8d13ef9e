"""Fixtures of attacks: a server on loopback that requires its keys, and that must still work after each attack.

docs/security.md lists the attacks.
"""

import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from serving.archives import record
from serving.archives.record import Archive
from serving.torchserve.management import Management

from ..conftest import Client, serve


@pytest.fixture(scope="package")
def store(archive: Archive, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a model store that holds broken and foreign archives beside the product's archive."""
    folder = tmp_path_factory.mktemp("attacked") / "store"
    folder.mkdir()
    for path in (archive.path, record.record_path(archive.path)):
        shutil.copy(path, folder)
    content = archive.path.read_bytes()
    (folder / "corrupt.mar").write_bytes(b"PK\x03\x04" + bytes(1000))
    (folder / "cut.mar").write_bytes(content[: len(content) // 2])
    (folder / "empty.mar").write_bytes(b"")
    with zipfile.ZipFile(folder / "slip.mar", "w") as file:
        file.writestr("../../../slipped.txt", "out of the archive")
    manifest = {"runtime": "python", "model": {"modelName": "f", "modelVersion": "1.0", "handler": "gone.py"}}
    with zipfile.ZipFile(folder / "foreign.mar", "w") as file:
        file.writestr("MAR-INF/MANIFEST.json", json.dumps(manifest))
    with zipfile.ZipFile(archive.path) as file:  # the code of an archive as a folder, in the store and outside it
        file.extractall(folder / "unpacked")
        file.extractall(folder.parent / "outside")
    return folder


@pytest.fixture(scope="package")
def server(store: Path) -> Iterator[Client]:
    archive = record.recorded(store / "digits.mar")
    assert archive
    with serve(store.parent / "run", archive) as client:
        yield client


@pytest.fixture
def attacked(server: Client, seven: bytes) -> Iterator[Client]:
    """Yield the server. Afterwards check that it has the same processes and models, and reads a digit."""
    workers = server.workers()
    yield server
    assert server.predict(seven).json()["digit"] == 7
    assert server.workers() == workers
    with server.server.manage() as management:
        assert models(management) == ["digits"]


@pytest.fixture
def management(attacked: Client) -> Iterator[Management]:
    with attacked.server.manage() as management:
        yield management


def models(management: Management) -> list[str]:
    descriptions = management._call("GET", "/models")["models"]
    return [model["modelName"] for model in descriptions]
