"""Fixtures of a real TorchServe: it has free ports and its own folder, and is always stopped."""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from model import SPEC
from model.pixels import Images
from serving import paths
from serving.archives import record
from serving.archives.record import Archive
from serving.torchserve import ports, server
from serving.torchserve.server import Server
from training.data.dataset import Dataset

from . import busy


@dataclass(frozen=True)
class Client:
    """A server and an HTTP client of it."""

    server: Server
    http: httpx.Client

    def predict(self, content: bytes, content_type: str = "application/octet-stream", **headers: str) -> httpx.Response:
        named = {"Content-Type": content_type} | {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.post("/predictions/digits", content=content, headers=named)

    def workers(self) -> list[int]:
        """Return the process ids of the workers of the default version."""
        with self.server.manage() as management:
            return [worker["pid"] for worker in management.describe()[0]["workers"]]


def free_ports() -> dict[str, str]:
    """Return settings with free ports and without a warm-up, so that several servers can run on one machine."""
    inference, management, metrics, grpc_inference, grpc_management = ports.free(5)
    return {
        "inference_address": f"http://127.0.0.1:{inference}",
        "management_address": f"http://127.0.0.1:{management}",
        "metrics_address": f"http://127.0.0.1:{metrics}",
        "grpc_inference_port": str(grpc_inference),
        "grpc_management_port": str(grpc_management),
        "warm_up_seconds": "0",
    }


@contextmanager
def serve(directory: Path, archive: Archive, **settings: str) -> Iterator[Client]:
    """Yield a ready server in ``directory``. Always stop it."""
    started = server.start(directory, archive, free_ports() | settings)
    try:
        started.wait_ready()
        with started.manage() as management:
            key = management.keys.inference
        with httpx.Client(base_url=started.inference, headers=key.header, timeout=60, trust_env=False) as http:
            yield Client(started, http)
    finally:
        started.stop()


def until(condition: Callable[[], object], seconds: float) -> None:
    """Wait until the condition holds. Fail after ``PATIENCE`` times ``seconds``."""
    deadline = time.monotonic() + busy.PATIENCE * seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {busy.PATIENCE:g} x {seconds} seconds"
        time.sleep(0.1)


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """Return a copy of the product's archive in a model store for tests."""
    store = tmp_path_factory.mktemp("store")
    for path in (paths.archive(SPEC.name), record.record_path(paths.archive(SPEC.name))):
        shutil.copy(path, store)
    copy = record.recorded(store / paths.archive(SPEC.name).name)
    assert copy, "scripts/test builds the archive before it starts pytest"
    return copy


@pytest.fixture(scope="session")
def digits(archive: Archive, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Yield the server that most live tests share."""
    with serve(tmp_path_factory.mktemp("server"), archive) as client:
        yield client


@pytest.fixture(scope="session")
def test_set(mnist: Dataset) -> tuple[Images, Any]:
    """Return MNIST's 10,000 test images, uint8 (10000, 28, 28), and their labels."""
    return mnist.test.images, mnist.test.labels


@pytest.fixture(scope="session")
def seven(test_set: tuple[Images, Any]) -> bytes:
    """Return a real image of a 7 as raw pixels: the first of the test set."""
    images, labels = test_set
    assert labels[0] == 7
    return images[:1].tobytes()
