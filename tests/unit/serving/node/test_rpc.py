"""The gRPC process: its start, its resumption and its end."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from serving.node import rpc
from serving.torchserve.properties import SettingsError
from serving.waiting import within


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    if left := rpc.find(tmp_path):
        left.stop()


def test_it_is_resumed_and_started_again_when_it_was_killed(folder: Path) -> None:
    first = rpc.start(folder)
    assert within(20, (folder / "grpc.sock").exists)
    assert rpc.start(folder) == first == rpc.find(folder)
    os.kill(first.pid, signal.SIGKILL)
    assert within(10, lambda: not first.running)
    second = rpc.start(folder)
    assert second.running
    assert second.pid != first.pid


def test_other_code_replaces_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = rpc.start(folder)
    assert within(20, (folder / "grpc.sock").exists)
    monkeypatch.setattr(rpc, "_content", lambda: "other")
    assert rpc.start(folder).pid != first.pid
    assert not first.running


def test_a_stop_leaves_nothing(folder: Path) -> None:
    started = rpc.start(folder)
    assert within(20, (folder / "grpc.sock").exists)
    started.stop()
    assert not started.running
    assert rpc.find(folder) is None


def test_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    rpc.check(behind_gateway=True)
    with pytest.raises(SettingsError, match="needs /proc"):
        rpc.check(behind_gateway=False)
    monkeypatch.setattr(rpc, "_PACKAGE", "no_such_package")
    with pytest.raises(SettingsError, match="open-inference-grpc"):
        rpc.check(behind_gateway=True)
