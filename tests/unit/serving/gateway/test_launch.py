"""The start of a gateway, and the settings that it passes to HAProxy."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import psutil
import pytest
from cryptography import x509

from inference import cores, files
from serving import paths
from serving.gateway import gateway, launch
from serving.gateway.capacity import UNLIMITED
from serving.gateway.gateway import Gateway
from serving.gateway.haproxy import GatewayError
from serving.gateway.routes import Route
from serving.gateway.settings import Settings
from serving.torchserve.server import SOCKET
from serving.waiting import within

from .test_settings import SETTINGS, of


def haproxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> Path:
    """Install a program in HAProxy's place. Return the folder of temporary files."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "haproxy"
    program.write_text(f"#!{sys.executable} -S\nimport json, os, sys, socket, time\n{script}\n")
    program.chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "t").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "t"))
    return tmp_path / "t"


def test_one_that_ends_at_once_is_an_error_in_its_own_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = haproxy(tmp_path, monkeypatch, "print('[ALERT]    (1) : cannot bind', flush=True); sys.exit(1)")
    with pytest.raises(GatewayError, match=r"^HAProxy did not start: cannot bind$"):
        launch.start(tmp_path / "run", of(gateway_address="http://127.0.0.1:1"), [])
    assert list(scratch.iterdir()) == []
    assert gateway.find(tmp_path / "run") is None


def test_one_that_never_answers_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "_START_SECONDS", 0.5)
    scratch = haproxy(tmp_path, monkeypatch, "time.sleep(60)")
    with pytest.raises(GatewayError, match=r"^HAProxy did not start: see "):
        launch.start(tmp_path / "run", of(gateway_address="http://127.0.0.1:1"), [])
    program = str(tmp_path / "bin" / "haproxy")
    running = partial(psutil.process_iter, ["cmdline"])
    assert within(10, lambda: not any(program in (process.info["cmdline"] or ()) for process in running()))
    assert list(scratch.iterdir()) == []


ANSWERS = """
with socket.socket(socket.AF_UNIX) as door:
    door.bind(os.environ["GATEWAY_SOCKET"])
    door.listen()
    while True:
        connection, _ = door.accept()
        command = connection.recv(999).decode().strip()
        print(json.dumps({"command": command}), flush=True)
        connection.sendall(b"Name: HAProxy\\n" if command == "show info" else b"\\n")
        connection.close()
"""


def test_one_that_answers_is_remembered_with_a_closed_door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    haproxy(tmp_path, monkeypatch, ANSWERS)
    (tmp_path / "run" / "gateway").mkdir(0o755, parents=True)  # an older version made it with this mode
    door = launch.start(tmp_path / "run", of(gateway_address="https://127.0.0.1:1"), [Route("digits", 784, (28, 28))])
    try:
        assert gateway.find(tmp_path / "run") == door
        assert door.url == "https://127.0.0.1:1"
        shown = x509.load_pem_x509_certificate(door.certificate.read_bytes())
        names = shown.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert names.get_values_for_type(x509.DNSName) == ["localhost"]
        assert door.clients.read_text() == ""
        assert gateway.clients_file(tmp_path / "run") == door.clients == tmp_path / "run" / "gateway" / "clients.map"
        words = dict(line.split() for line in door.socket.with_name("runtime.map").read_text().splitlines())
        assert (words["held"], words["token"]) == ("all", "none")
        maps = {path.name: path.read_text().splitlines() for path in door.maps.glob("*.map")}
        assert "/predictions/digits 784" in maps["predictions.map"]
        assert "/explanations/digits explainer" in maps["explanations.map"]
        assert "digits 0000001C0000001C" in maps["sizes.map"]
        assert (maps["shares.map"], maps["heavy.map"]) == ([], [])
        assert door.directory.stat().st_mode & 0o777 == 0o700
        assert {file.stat().st_mode & 0o777 for file in (door.directory / "state.json", door.runtime_map)} == {0o600}
    finally:
        os.kill(door.pid, signal.SIGKILL)
        shutil.rmtree(door.socket.parent)


@pytest.fixture
def left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Gateway]:
    """Yield a gateway whose starter process has ended. The parameter is its address."""
    haproxy(tmp_path, monkeypatch, ANSWERS)
    program = (
        "import sys; from pathlib import Path; from serving.gateway import launch\n"
        "from tests.unit.serving.gateway.test_settings import of\n"
        "launch.start(Path(sys.argv[1]), of(gateway_address=sys.argv[2]), [])"
    )
    address = getattr(request, "param", "http://127.0.0.1:1")
    command = [sys.executable, "-c", program, str(tmp_path / "run"), address]
    subprocess.run(command, cwd=paths.ROOT, check=True, timeout=60)
    running = gateway.find(tmp_path / "run")
    assert running
    try:
        yield running
    finally:
        with suppress(ProcessLookupError):
            os.kill(running.pid, signal.SIGKILL)
        shutil.rmtree(running.socket.parent, ignore_errors=True)


def test_one_that_runs_is_resumed_as_if_it_had_just_started(left: Gateway) -> None:
    """It ends the pause, restores routes and the rule for expensive requests, and logs lines again."""
    assert (
        launch.resume(left.directory.parent, of(gateway_address="http://127.0.0.1:1"), [Route("digits", 784)]) == left
    )
    models, heavy = left.maps / "predictions.map", left.maps / "heavy.map"
    assert within(10, lambda: logged(left)[-2:] == [f"prepare map {heavy}", f"commit map @ {heavy}"]), logged(left)
    commands = {f"set map {left.runtime_map} room {UNLIMITED}", f"add map @ {models} /predictions/digits 784"}
    assert commands <= set(logged(left))


@pytest.mark.parametrize("left", ["https://127.0.0.1:1"], indirect=True)
def test_one_that_made_its_certificate_is_resumed(left: Gateway) -> None:
    assert launch.resume(left.directory.parent, of(gateway_address="https://127.0.0.1:1"), []) == left


def logged(running: Gateway) -> list[str]:
    entries = map(json.loads, running.log.read_text().splitlines())
    return [entry["command"] for entry in entries if "command" in entry]


@pytest.mark.parametrize(
    "changed",
    [
        {"gateway_address": "http://127.0.0.1:2"},
        {"gateway_source_failures": "7"},
        {"gateway_address": "https://127.0.0.1:1"},
    ],
)
def test_one_with_other_settings_is_not_resumed(left: Gateway, changed: dict[str, str]) -> None:
    assert launch.resume(left.directory.parent, of(**({"gateway_address": "http://127.0.0.1:1"} | changed)), []) is None
    assert left.running


def test_one_that_does_not_answer_is_not_resumed(left: Gateway) -> None:
    left.socket.unlink()
    assert launch.resume(left.directory.parent, of(gateway_address="http://127.0.0.1:1"), []) is None


def test_one_whose_number_is_another_process_is_not_resumed(left: Gateway) -> None:
    state = left.directory / "state.json"
    files.replace_json(state, json.loads(state.read_text()) | {"pid": os.getpid()})
    assert launch.resume(left.directory.parent, of(gateway_address="http://127.0.0.1:1"), []) is None


def test_one_that_ended_is_not_resumed(left: Gateway) -> None:
    os.kill(left.pid, signal.SIGKILL)
    assert within(10, lambda: not left.running)
    assert launch.resume(left.directory.parent, of(gateway_address="http://127.0.0.1:1"), []) is None


def test_where_none_was_started_none_is_resumed(tmp_path: Path) -> None:
    assert launch.resume(tmp_path, of(gateway_address="http://127.0.0.1:1"), []) is None


@pytest.mark.parametrize("name", ["haproxy.cfg", "page.html", "runtime.lua", "certificate"])
def test_a_changed_file_that_haproxy_reads_once_is_other_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for constant, file in (("_CONFIG", "haproxy.cfg"), ("_PAGE", "page.html"), ("_LUA", ".")):
        monkeypatch.setattr(launch, constant, tmp_path / file)
    for file in ("haproxy.cfg", "page.html", "runtime.lua", "certificate"):
        (tmp_path / file).write_text("before")
    settings = of(gateway_certificate=str(tmp_path / "certificate"))
    before = launch._content(settings)
    assert launch._content(settings) == before
    (tmp_path / name).write_text("after")
    assert launch._content(settings) != before


@pytest.mark.parametrize("settings", [{"gateway_address": "http://*:1"}, {"gateway_certificate": "own.pem"}])
def test_a_certificate_is_made_only_where_one_is_missing(tmp_path: Path, settings: dict[str, str]) -> None:
    chosen = of(**({"gateway_address": "https://*:1"} | settings))
    assert launch._certified(tmp_path, chosen) == chosen
    assert [*tmp_path.iterdir()] == []


def test_a_folder_without_a_gateway_has_none(tmp_path: Path) -> None:
    assert gateway.find(tmp_path) is None
    assert gateway.clients_file(tmp_path) == tmp_path / "gateway" / "clients.map"


def test_damaged_clients_are_told_before_anything_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = haproxy(tmp_path, monkeypatch, f"open({str(tmp_path / 'started')!r}, 'w')")
    (tmp_path / "clients").write_text("nonsense\n")
    with pytest.raises(GatewayError, match=r"/clients cannot be used: .* invalid line"):
        launch.start(tmp_path / "run", of(gateway_clients=str(tmp_path / "clients")), [])
    assert not (tmp_path / "started").exists()
    assert list(scratch.iterdir()) == []


# -- environment ------------------------------------------------------------------------------------------------------


def environment(door: Gateway, behind_gateway: bool = False, **changed: str) -> dict[str, str]:
    return launch._environment(door, Settings.of(SETTINGS | changed, behind_gateway))


def test_haproxy_is_told_every_setting(door: Gateway) -> None:
    variables = environment(
        door,
        gateway_address="https://*:8443",
        gateway_certificate="/certificate.pem",
        gateway_metrics_address="http://127.0.0.1:8405",
        inference_address="http://127.0.0.1:8080",
        health_address="http://127.0.0.1:8083",
        gateway_patience="7",
        gateway_log="all",
        gateway_playground="http://127.0.0.1:7860",
        gateway_hosts="a.example, b.example",
        gateway_source_connections="11",
        gateway_source_connection_rate="12",
        gateway_source_failures="13",
        gateway_source_requests="15",
        gateway_body_seconds="14",
        gateway_upload_rate="16",
        gateway_threads="2",
    )
    assert (
        variables.items()
        >= {
            "GATEWAY_BIND": "*:8443",
            "GATEWAY_CERTIFICATE": "/certificate.pem",
            "GATEWAY_CLIENTS": str(door.clients),
            "GATEWAY_SOCKET": str(door.socket),
            "GATEWAY_RUNTIME": str(door.socket.with_name("runtime.map")),
            "GATEWAY_METRICS": "127.0.0.1:8405",
            "GATEWAY_PATIENCE": "7",
            "GATEWAY_LOGGED": "all",
            "GATEWAY_PLAYGROUND": "127.0.0.1:7860",
            "GATEWAY_HOSTS": "localhost 127.0.0.1 a.example b.example",
            "GATEWAY_SOURCE_CONNECTIONS": "11",
            "GATEWAY_SOURCE_CONNECTION_RATE": "12",
            "GATEWAY_SOURCE_FAILURES": "13",
            "GATEWAY_SOURCE_REQUESTS": "15",
            "GATEWAY_BODY_SECONDS": "14",
            "GATEWAY_THREADS": "2",
            "GATEWAY_UPLOAD_RATE": str(16 * cores.available()),
            "INFERENCE": "127.0.0.1:8080",
            "HEALTH_ADDRESS": "127.0.0.1",
            "HEALTH_PORT": "8083",
        }.items()
    )
    assert all(Path(variables[name]).exists() for name in ("GATEWAY_LUA", "GATEWAY_PAGE"))
    assert "GATEWAY_DIRECT" not in variables


def test_what_is_not_set_is_not_told(door: Gateway) -> None:
    """haproxy.cfg tests whether these variables exist."""
    assert not {"GATEWAY_CERTIFICATE", "GATEWAY_PLAYGROUND"} & environment(door, gateway_address="http://*:1").keys()


def test_before_a_torchserve_that_hears_at_a_socket_it_takes_its_address(door: Gateway) -> None:
    variables = environment(door, behind_gateway=True, inference_address="http://127.0.0.1:8080")
    assert (variables["INFERENCE"], variables["GATEWAY_DIRECT"]) == (f"unix@{SOCKET}", "127.0.0.1:8080")


@pytest.mark.parametrize(
    ("bind", "reached"),
    [("*:1", "127.0.0.1:1"), (":1", "127.0.0.1:1"), ("0.0.0.0:1", "127.0.0.1:1"), ("10.0.0.7:1", "10.0.0.7:1")],
)
def test_where_a_gateway_is_reached_from_this_machine(bind: str, reached: str) -> None:
    assert launch._reachable(bind) == reached
