"""The one command: what it says when it cannot, and how it ends."""

import signal
import socket
import subprocess
from pathlib import Path

import httpx
import psutil

from playground import background
from serving import paths, ports, server
from serving.record import Archive
from tests.live.conftest import Client, free_ports
from tests.live.test_readme import tracked_files
from tests.live.test_scripts import errors, run


def command(directory: Path, port: int, *more: str) -> list[str]:
    return [str(paths.ROOT / "scripts" / "playground"), f"--port={port}", f"--run={directory}", *more]


def test_without_a_service_it_says_what_to_run(tmp_path: Path) -> None:
    (port,) = ports.free(1)
    (line,) = errors(run(command(tmp_path, port)))
    assert line == "error: The service is not running: start it with scripts/up"


def test_a_busy_port_is_told(digits: Client) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        (line,) = errors(run(command(digits.server.directory, port)))
    assert f"port {port} (the playground) is busy" in line


def test_in_the_foreground_it_runs_until_it_is_interrupted(digits: Client) -> None:
    (port,) = ports.free(1)
    with subprocess.Popen(command(digits.server.directory, port), stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == f"draw a digit: http://127.0.0.1:{port} (Ctrl-C stops it)\n"
            page = httpx.get(f"http://127.0.0.1:{port}", trust_env=False)
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=20) == 0
        finally:
            process.kill()
    assert "Draw a digit" in page.text


def test_in_the_background_it_runs_until_scripts_down(archive: Archive, tmp_path: Path) -> None:
    """In a copy of the repository, for scripts/down stops what runs in its own."""
    copy, (port,) = tmp_path / "copy", ports.free(1)
    for name in tracked_files():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_bytes((paths.ROOT / name).read_bytes())
        (copy / name).chmod((paths.ROOT / name).stat().st_mode)
    for environment in (".venv", ".venv-playground"):
        (copy / environment).symlink_to(paths.ROOT / environment)
    started = server.start(copy / ".run", archive, free_ports())
    try:
        started.wait_ready()
        first = run([str(copy / "scripts" / "playground"), "--background", f"--port={port}"])
        again = run([str(copy / "scripts" / "playground"), "--background"])
        found = background.find(copy / ".run")
        assert found
        assert psutil.pid_exists(found.pid)
        assert first.stdout == f"draw a digit: http://127.0.0.1:{port} (scripts/down stops it)\n"
        assert again.stdout == f"the playground runs already: http://127.0.0.1:{port}\n"
    finally:
        run([str(copy / "scripts" / "down")])
    assert not found.running
    assert not started.running
    assert background.find(copy / ".run") is None
