"""scripts/playground: its errors, and its end."""

import shutil
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from playground import background
from serving import paths
from serving.torchserve import keys, ports
from tests.live.commands import copied, errors, run
from tests.live.conftest import Client
from tests.processes import bounded


def command(directory: Path, port: int, *more: str) -> list[str]:
    return [str(paths.ROOT / "scripts" / "playground"), f"--port={port}", f"--directory={directory}", *more]


def test_without_a_service_it_says_what_to_run(tmp_path: Path) -> None:
    (port,) = ports.free(1)
    (line,) = errors(run(command(tmp_path, port)))
    assert line == "error: The service is not running: start it with scripts/up"


def test_a_busy_port_is_told(digits: Client) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        (line,) = errors(run(command(digits.server.directory, port)))
    assert f"port {port} (the playground) is busy" in line


def test_in_the_foreground_it_runs_until_it_is_interrupted(digits: Client) -> None:
    (port,) = ports.free(1)
    started = subprocess.Popen(command(digits.server.directory, port), stdout=subprocess.PIPE, text=True)
    with bounded(started) as process:
        assert process.stdout
        assert process.stdout.readline() == f"draw a digit: http://127.0.0.1:{port} (Ctrl-C stops it)\n"
        page = httpx.get(f"http://127.0.0.1:{port}", trust_env=False)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0
    assert "Draw a digit" in page.text


def test_in_the_background_there_is_one_only(digits: Client, url: str) -> None:
    (port,) = ports.free(1)
    completed = run(command(digits.server.directory, port, "--background"))
    assert completed.stdout == f"the playground runs already: {url}\n"


def test_of_two_that_start_at_once_one_runs(digits: Client, tmp_path: Path) -> None:
    for name in ("state.json", keys.FILE):
        shutil.copy(digits.server.directory / name, tmp_path)
    commands = [command(tmp_path, port, "--background") for port in ports.free(2)]
    with ThreadPoolExecutor() as pool:
        lines = sorted(completed.stdout.splitlines()[-1] for completed in pool.map(run, commands))
    running = background.find(tmp_path)
    assert running
    running.stop(tmp_path)
    assert lines == [
        f"draw a digit: {running.url} (scripts/down stops it)",
        f"the playground runs already: {running.url}",
    ]


def test_scripts_down_ends_what_runs_in_the_background(tmp_path: Path) -> None:
    """The test uses a copy of the repository, because scripts/down stops all servers of its own repository."""
    copy, (port,) = copied(tmp_path), ports.free(1)
    (copy / ".venv").symlink_to(paths.ROOT / ".venv")
    (copy / ".run").mkdir()
    address = f"http://127.0.0.1:{port}"
    begin = f"background.start(['-m', 'http.server', '{port}'], '{address}', Path('.run'))"
    starting = [sys.executable, "-c", f"from pathlib import Path; from playground import background; {begin}"]
    subprocess.run(starting, cwd=copy, check=True, timeout=240)
    assert httpx.get(address, trust_env=False).status_code == 200
    assert run([str(copy / "scripts" / "down")]).stdout == "stopped\n"
    with pytest.raises(httpx.ConnectError):
        httpx.get(address, trust_env=False)
    assert run([str(copy / "scripts" / "down")]).stdout == "nothing runs\n"
