"""What a gateway is told at its runtime socket, and its life as a process. tests/live/gateway starts a real one."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from serving.gateway import clients, gateway
from serving.gateway.clients import Client
from serving.gateway.gateway import Gateway, Settings
from serving.gateway.haproxy import GatewayError
from serving.torchserve import properties
from serving.torchserve.properties import SettingsError
from serving.torchserve.server import SOCKET
from serving.waiting import within
from tests.processes import bounded

STATISTICS = """# pxname,svname,qcur,scur,stot
predictions,torchserve,1,10,100
predictions,again,50,60,70
predictions,BACKEND,2,1000,900
uploads,torchserve,,3,5
uploads,BACKEND,4,2000,9
other,torchserve,7,7,7
other,BACKEND,8,8,8

"""


class Told:
    """The commands that came, and the answer to each that begins like a key."""

    def __init__(self) -> None:
        self.commands: list[str] = []
        self.answers: dict[str, str] = {"show stat": STATISTICS}
        self.then: Callable[[str], object] = lambda command: None

    def answer(self, command: str) -> str:
        self.commands.append(command)
        self.then(command)
        return next((answer for begin, answer in self.answers.items() if command.startswith(begin)), "\n")


@contextmanager
def listening(path: Path, told: Told) -> Iterator[None]:
    """A runtime socket as HAProxy has one: a command, its answer in two parts, the end."""
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(path))
        door.listen(16)
        over = threading.Event()

        def serve() -> None:
            while not over.is_set():
                connection, _ = door.accept()
                with connection:
                    if command := connection.recv(65536).decode().rstrip("\n"):
                        answer = told.answer(command).encode()
                        connection.sendall(answer[:1])
                        connection.sendall(answer[1:])

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            with socket.socket(socket.AF_UNIX) as last:
                last.connect(str(path))
            thread.join(10)


@pytest.fixture
def told(door: Gateway) -> Iterator[Told]:
    made = Told()
    with listening(door.socket, made):
        yield made


@pytest.fixture
def door(tmp_path: Path) -> Gateway:
    folder = tmp_path / "run" / "gateway"
    folder.mkdir(parents=True)
    (tmp_path / "scratch").mkdir()
    return Gateway(folder, folder / "clients.map", "https://127.0.0.1:8443", 0, tmp_path / "scratch" / "socket")


def lines(door: Gateway, *pairs: str) -> list[str]:
    return [f"set map {door.socket.parent}/door.map {pair}" for pair in pairs]


# -- what it is told ---------------------------------------------------------------------------------------------------


def test_the_key_is_known_before_the_door_opens(door: Gateway, told: Told) -> None:
    door.token("abc.DEF-1_2=")
    assert told.commands == ["; ".join(lines(door, "token abc.DEF-1_2=", "held none"))]


def test_room_model_and_canary_are_words_of_the_map(door: Gateway, told: Told) -> None:
    door.room(64)
    door.heavy("uploads")
    door.canary("2.0", 12.34)
    door.no_canary()
    assert told.commands == lines(door, "room 64", "heavy uploads", "canary 2.0", "share 123", "share 0")


@pytest.mark.parametrize(("percent", "share"), [(0, "0"), (0.1, "1"), (0.04, "0"), (100, "1000")])
def test_a_share_is_in_thousandths(door: Gateway, told: Told, percent: float, share: str) -> None:
    door.canary("2.0", percent)
    assert told.commands[1:] == lines(door, f"share {share}")


@pytest.mark.parametrize("percent", [-0.1, 100.1])
def test_a_share_beyond_all_is_refused_and_nothing_told(door: Gateway, told: Told, percent: float) -> None:
    with pytest.raises(ValueError, match=f"0 to 100 percent, not {percent}"):
        door.canary("2.0", percent)
    assert told.commands == []


@pytest.mark.parametrize("word", ["", "a b", "a;b", "a\nb", "ü", "x" * 257])
def test_what_would_be_two_commands_is_refused_and_not_told(door: Gateway, told: Told, word: str) -> None:
    with pytest.raises(ValueError, match="heavy is one word, not"):
        door.heavy(word)
    assert told.commands == []


def test_what_haproxy_answers_to_a_change_is_its_refusal(door: Gateway, told: Told) -> None:
    told.answers["set map"] = "entry not found.\n\n"
    with pytest.raises(GatewayError, match=r"^HAProxy on room: entry not found\.$"):
        door.room(1)


def test_one_that_cannot_be_asked_is_an_error_that_names_the_command(door: Gateway) -> None:
    with pytest.raises(GatewayError, match=r"^the gateway cannot be told show: "):
        door.command("show info")


def test_it_answers_when_it_does(door: Gateway, told: Told) -> None:
    silent = replace(door, socket=door.socket.with_name("none"))
    answers = [door.answers, silent.answers]
    told.answers["show info"] = ""
    assert [*answers, door.answers] == [True, False, False]


# -- what it tells -----------------------------------------------------------------------------------------------------


def test_the_queue_is_that_of_predictions(door: Gateway, told: Told) -> None:
    told.answers = {"show stat predictions 6 -1": STATISTICS.partition("uploads")[0]}
    assert door.queue() == (2, 100)


def test_connections_are_counted_by_haproxy(door: Gateway, told: Told) -> None:
    told.answers["show info"] = "Name: HAProxy\nMaxconn: 9\nCurrConns: 17\nCumConns: 8\n\n"
    assert door.connections() == 17


# -- the held door -----------------------------------------------------------------------------------------------------


def waiting(cheap: int = 0, expensive: int = 0, bodies: int = 0) -> str:
    """HAProxy's numbers: requests that wait for a place, and long bodies on their way."""
    rows = [f"predictions,BACKEND,{cheap},9,0", "predictions,torchserve,0,9,0"]
    rows += [f"explanations,explainer,{expensive},9,0", f"uploads,uploads,0,{bodies},0"]
    return "\n".join(["# pxname,svname,qcur,scur,stot", *rows, ""])


def test_expensive_requests_are_held_first_and_cheap_ones_until_their_queue_is_empty(door: Gateway, told: Told) -> None:
    left = [(0, 1, 0), (0, 0, 1), (3, 0, 0), (1, 0, 0), (0, 0, 0)]

    def next_look(command: str) -> None:
        if "show stat" in command:
            told.answers["show stat"] = told.answers["set map"] = waiting(*(left.pop(0) if left else (0, 0, 0)))
        else:
            told.answers["set map"] = "\n"

    told.then = next_look
    with door.held():
        held = [command.partition(";")[0].rpartition(" ")[2] for command in told.commands if "set map" in command]
        assert held[0] == "expensive"
        assert set(held[1:]) == {"all"}
        assert left == []
        told.commands.clear()
    assert told.commands == lines(door, "held none")


def test_the_door_opens_after_an_error(door: Gateway, told: Told) -> None:
    told.then = lambda command: told.answers.update({"set map": waiting() if "show stat" in command else "\n"})
    with pytest.raises(ZeroDivisionError), door.held():
        raise ZeroDivisionError
    assert told.commands[-1:] == lines(door, "held none")


@pytest.mark.parametrize("there", [(1, 0, 0), (0, 1, 0), (0, 0, 1)])
def test_nobody_is_waited_for_for_ever(
    door: Gateway, told: Told, monkeypatch: pytest.MonkeyPatch, there: tuple[int, int, int]
) -> None:
    monkeypatch.setattr(gateway, "_QUEUE_SECONDS", 0.1)
    monkeypatch.setattr(gateway, "_EXPENSIVE_SECONDS", 0.1)
    told.then = lambda command: told.answers.update({"set map": waiting(*there) if "show stat" in command else "\n"})
    told.answers["show stat"] = waiting(*there)
    with door.held():
        assert sum("show stat" in command for command in told.commands) > 2


# -- clients -----------------------------------------------------------------------------------------------------------


def test_clients_are_taken_all_at_once(door: Gateway, told: Told) -> None:
    """HAProxy reads a semicolon as the end of a command, so each is written with a backslash before it."""
    for name in ("shop", "other"):
        clients.add(door.clients, Client(name, expires=7))
    told.answers["prepare map"] = "New version created: 5\n"
    door.refresh()
    path = door.clients
    entries = [f"{digest} {client.entry}".replace(";", "\\;") for digest, client in clients.read(path).items()]
    added = [f"add map @5 {path} {entry}" for entry in entries]
    assert told.commands == [f"prepare map {path}", *added, f"commit map @5 {path}"]
    assert len(added) == 2


def test_a_file_of_clients_that_is_damaged_changes_nothing(door: Gateway, told: Told) -> None:
    door.clients.write_text("nonsense\n")
    with pytest.raises(ValueError, match="no client"):
        door.refresh()
    assert told.commands == []


def test_who_refreshes_waits_for_who_changes_the_file(door: Gateway, told: Told) -> None:
    """Else a key that was revoked meanwhile would be told again."""
    clients.add(door.clients, Client("shop", expires=7))
    told.answers["prepare map"] = "New version created: 1\n"
    with clients.locked(door.clients):
        thread = threading.Thread(target=door.refresh)
        thread.start()
        thread.join(0.1)
        assert told.commands == []
    thread.join(10)
    assert told.commands[-1].startswith("commit map")


# -- its process -------------------------------------------------------------------------------------------------------


@contextmanager
def process(tmp_path: Path, name: str, script: str) -> Iterator["subprocess.Popen[str]"]:
    """A process that the system calls by this name: a shell with a script, which begins by printing a line."""
    shell = shutil.which("bash")
    assert shell
    (tmp_path / name).symlink_to(shell)
    command = [str(tmp_path / name), "-c", f"{script}; echo; read"]
    with bounded(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)) as started:
        assert started.stdout
        assert started.stdout.readline() == "\n"
        yield started


def test_it_runs_as_long_as_its_process(door: Gateway, tmp_path: Path) -> None:
    with process(tmp_path, "haproxy", "true") as started:
        door = replace(door, pid=started.pid)
        assert door.running
        started.kill()
        assert within(10, lambda: not door.running)  # nobody has asked how it ended yet
        started.wait(10)
    assert not door.running


def test_another_process_with_its_number_is_not_it_and_is_left_alone(door: Gateway, tmp_path: Path) -> None:
    with process(tmp_path, "another", "true") as started:
        door = replace(door, pid=started.pid)
        assert not door.running
        door.stop()
        assert started.poll() is None


def test_a_stop_lets_it_finish_and_leaves_nothing(door: Gateway, tmp_path: Path) -> None:
    state = door.directory / "state.json"
    state.touch()
    with process(tmp_path, "haproxy", "trap 'exit 7' USR1") as started:
        replace(door, pid=started.pid).stop()
        assert started.wait(10) == 7
    assert not state.exists()
    assert not door.socket.parent.exists()
    door.stop()  # and once more


def test_one_that_does_not_end_is_killed(door: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "_STOP_SECONDS", 0.1)
    with process(tmp_path, "haproxy", "trap '' USR1") as started:
        replace(door, pid=started.pid).stop()
        assert started.wait(10) == -9


def test_it_gives_memory_back_when_it_is_told(door: Gateway, tmp_path: Path) -> None:
    with process(tmp_path, "haproxy", "trap 'exit 7' QUIT") as started:
        replace(door, pid=started.pid).give_memory_back()
        assert started.wait(10) == 7


# -- its start ---------------------------------------------------------------------------------------------------------


SETTINGS = properties.read() | {"gateway_certificate": "", "gateway_clients": "", "gateway_playground": ""}


def of(**changed: str) -> Settings:
    return Settings.of(SETTINGS | changed)


def haproxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> Path:
    """A program in HAProxy's place; gives the folder of temporary files."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "haproxy"
    program.write_text(f"#!{sys.executable} -S\nimport os, sys, socket, time\n{script}\n")
    program.chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "t").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "t"))
    return tmp_path / "t"


def test_one_that_ends_at_once_is_an_error_in_its_own_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = haproxy(tmp_path, monkeypatch, "print('[ALERT]    (1) : cannot bind', flush=True); sys.exit(1)")
    with pytest.raises(GatewayError, match=r"^HAProxy did not start: cannot bind$"):
        gateway.start(tmp_path / "run", of(gateway_address="http://127.0.0.1:1"))
    assert list(scratch.iterdir()) == []
    assert gateway.find(tmp_path / "run") is None


def test_one_that_never_answers_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "_START_SECONDS", 0.5)
    script = f"open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    scratch = haproxy(tmp_path, monkeypatch, script)
    with pytest.raises(GatewayError, match=r"^HAProxy did not start: see "):
        gateway.start(tmp_path / "run", of(gateway_address="http://127.0.0.1:1"))
    assert within(10, lambda: not Path(f"/proc/{(tmp_path / 'pid').read_text()}").exists())
    assert list(scratch.iterdir()) == []


ANSWERS = """
with socket.socket(socket.AF_UNIX) as door:
    door.bind(os.environ["GATEWAY_SOCKET"])
    door.listen()
    while True:
        connection, _ = door.accept()
        connection.recv(99)
        connection.sendall(b"Name: HAProxy\\n")
        connection.close()
"""


def test_one_that_answers_is_remembered_with_a_closed_door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    haproxy(tmp_path, monkeypatch, ANSWERS)
    door = gateway.start(tmp_path / "run", of(gateway_address="https://127.0.0.1:1"))
    try:
        assert gateway.find(tmp_path / "run") == door
        assert door.url == "https://127.0.0.1:1"
        assert door.certificate.exists()
        assert door.clients.read_text() == ""
        assert gateway.clients_file(tmp_path / "run") == door.clients == tmp_path / "run" / "gateway" / "clients.map"
        words = dict(line.split() for line in door.socket.with_name("door.map").read_text().splitlines())
        assert (words["held"], words["token"], words["share"]) == ("all", "none", "0")
        assert door.directory.stat().st_mode & 0o777 == 0o700
    finally:
        os.kill(door.pid, signal.SIGKILL)
        shutil.rmtree(door.socket.parent)


def test_a_folder_without_a_gateway_has_none(tmp_path: Path) -> None:
    assert gateway.find(tmp_path) is None
    assert gateway.clients_file(tmp_path) == tmp_path / "gateway" / "clients.map"


def test_damaged_clients_are_told_before_anything_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = haproxy(tmp_path, monkeypatch, f"open({str(tmp_path / 'started')!r}, 'w')")
    (tmp_path / "clients").write_text("nonsense\n")
    with pytest.raises(GatewayError, match=r"/clients cannot be used: .* no client"):
        gateway.start(tmp_path / "run", of(gateway_clients=str(tmp_path / "clients")))
    assert not (tmp_path / "started").exists()
    assert list(scratch.iterdir()) == []


# -- its settings ------------------------------------------------------------------------------------------------------


def environment(door: Gateway, fronted: bool = False, **changed: str) -> dict[str, str]:
    return gateway._environment(door, Settings.of(SETTINGS | changed, fronted))


def test_haproxy_is_told_every_setting(door: Gateway) -> None:
    found = environment(
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
        gateway_body_seconds="14",
        gateway_threads="2",
    )
    assert (
        found.items()
        >= {
            "GATEWAY_BIND": "*:8443",
            "GATEWAY_CERTIFICATE": "/certificate.pem",
            "GATEWAY_CLIENTS": str(door.clients),
            "GATEWAY_SOCKET": str(door.socket),
            "GATEWAY_DOOR": str(door.socket.with_name("door.map")),
            "GATEWAY_METRICS": "127.0.0.1:8405",
            "GATEWAY_PATIENCE": "7",
            "GATEWAY_LOGGED": "all",
            "GATEWAY_PLAYGROUND": "127.0.0.1:7860",
            "GATEWAY_HOSTS": "localhost 127.0.0.1 a.example b.example",
            "GATEWAY_SOURCE_CONNECTIONS": "11",
            "GATEWAY_SOURCE_CONNECTION_RATE": "120",
            "GATEWAY_SOURCE_FAILURES": "13",
            "GATEWAY_BODY_SECONDS": "14",
            "GATEWAY_THREADS": "2",
            "INFERENCE": "127.0.0.1:8080",
            "HEALTH_ADDRESS": "127.0.0.1",
            "HEALTH_PORT": "8083",
        }.items()
    )
    assert all(Path(found[name]).exists() for name in ("GATEWAY_LUA", "GATEWAY_PAGE"))
    assert "GATEWAY_DIRECT" not in found


def test_what_is_not_set_is_not_told(door: Gateway) -> None:
    """haproxy.cfg asks whether these are there."""
    assert not {"GATEWAY_CERTIFICATE", "GATEWAY_PLAYGROUND"} & environment(door, gateway_address="http://*:1").keys()


def test_before_a_torchserve_that_hears_at_a_socket_it_takes_its_address(door: Gateway) -> None:
    found = environment(door, fronted=True, inference_address="http://127.0.0.1:8080")
    assert (found["INFERENCE"], found["GATEWAY_DIRECT"]) == (f"unix@{SOCKET}", "127.0.0.1:8080")


def test_files_of_settings_are_found_from_anywhere() -> None:
    found = of(gateway_certificate="a.pem", gateway_clients="c.map", gateway_memory="77")
    assert (found.certificate, found.clients, found.memory) == (Path("a.pem").resolve(), Path("c.map").resolve(), 77)
    assert (of().certificate, of().clients) == (None, None)


def test_an_address_without_a_known_scheme_is_refused() -> None:
    assert of(gateway_address="https://*:1").tls
    assert not of(gateway_address="http://*:1").tls
    with pytest.raises(SettingsError, match="begins with https:// or http://, not ftp"):
        of(gateway_address="ftp://*:1")


@pytest.mark.parametrize(
    ("bind", "reached"),
    [("*:1", "127.0.0.1:1"), (":1", "127.0.0.1:1"), ("0.0.0.0:1", "127.0.0.1:1"), ("10.0.0.7:1", "10.0.0.7:1")],
)
def test_where_a_gateway_is_reached_from_this_machine(bind: str, reached: str) -> None:
    assert gateway._reachable(bind) == reached
