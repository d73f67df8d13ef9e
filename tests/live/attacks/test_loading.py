"""Refusal to load URLs, folders, workflows, and archives that the server was not started with."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from serving.torchserve import keys
from serving.torchserve.management import Management, ManagementError

from ..conftest import Client
from .conftest import models

ADDRESS = tuple[str, int]
FOREIGN = ("corrupt.mar", "cut.mar", "empty.mar", "slip.mar", "foreign.mar")


@pytest.fixture
def bait() -> Iterator[tuple[int, list[ADDRESS]]]:
    """Yield a port of this machine and the list of addresses that connected to it."""
    visitors: list[ADDRESS] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            with contextlib.suppress(OSError):  # the listener is closed
                while True:
                    connection, address = listener.accept()
                    visitors.append(address)
                    connection.close()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield listener.getsockname()[1], visitors
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def test_no_url_is_ever_fetched(management: Management, bait: tuple[int, list[ADDRESS]], store: Path) -> None:
    port, visitors = bait
    host = f"127.0.0.1:{port}"
    for url in (
        f"http://{host}/x.mar",
        f"HTTP://{host}/x.mar",
        f"https://{host}/x.mar",
        f"ftp://{host}/x.mar",
        f"jar:http://{host}/x.mar!/y.mar",
        f"http:{host}/x.mar",
        f"http:\\\\{host}\\x.mar",
        f" http://{host}/x.mar",
        f"\nhttp://{host}/x.mar",
        f"http://{host}/x.mar\n",
        f"http://user@{host}/x.mar?y=.mar#z.mar",
        f"http://localhost:{port}/x.mar",
        f"http://[::ffff:127.0.0.1]:{port}/x.mar",
        f"http://0x7f000001:{port}/x.mar",
        f"^$,http://{host}/x.mar",
        f"s3://{host}/x.mar",
        f"//{host}/x.mar",
        f"file://{store}/foreign.mar",
        f"file:{store}/digits.mar/x.mar",
        "",
    ):
        with pytest.raises(ManagementError, match=r": 40[0-9] "):
            management.register(url)
    assert visitors == []


def test_no_folder_is_taken_for_an_archive(management: Management, store: Path) -> None:
    """An unchanged TorchServe runs any folder of this machine, or of the store, that has the files of an archive."""
    outside = store.parent / "outside"
    for url in (str(outside), f"{outside}/", str(store / "unpacked"), "unpacked", "unpacked/", "/etc", "logs", "."):
        with pytest.raises(ManagementError, match=r": 404 "):
            management.register(url)
    assert (outside / "model.safetensors").exists()


def test_nothing_is_loaded_but_what_was_started(management: Management, store: Path) -> None:
    assert {path.name for path in store.glob("*.mar")} == {"digits.mar", *FOREIGN}
    assert models(management) == ["digits"]


@pytest.mark.parametrize("name", FOREIGN)
def test_a_broken_archive_registered_by_hand_harms_nobody(
    attacked: Client, seven: bytes, store: Path, name: str
) -> None:
    with attacked.server.manage("other") as other, pytest.raises(ManagementError, match=r": [45]0[0-9] "):
        other.register(name)
    assert attacked.predict(seven).json()["digit"] == 7
    assert not list(store.parent.parent.rglob("slipped.txt"))
    assert not list(attacked.server.scratch.rglob("slipped.txt"))


@pytest.mark.parametrize("which", ["none", "inference", "management"])
def test_workflows_are_not_there_for_anybody(attacked: Client, bait: tuple[int, list[ADDRESS]], which: str) -> None:
    """With an unchanged TorchServe, the management key is enough to download a workflow and run it."""
    port, visitors = bait
    server_keys = keys.read(attacked.server.directory)
    header = {"none": {}, "inference": server_keys.inference.header, "management": server_keys.management.header}[which]
    with httpx.Client(base_url=attacked.server.management, headers=header, trust_env=False) as client:
        for method, path in (
            ("GET", "/workflows"),
            ("GET", "/workflows/x"),
            ("POST", f"/workflows?url=http://127.0.0.1:{port}/x.war"),
            ("POST", "/workflows?url=digits.mar"),
            ("DELETE", "/workflows/x"),
            ("PUT", "/workflows/x"),
        ):
            answer = client.request(method, path)
            assert answer.status_code == (404 if which == "management" else 400), (method, path)
    assert visitors == []
