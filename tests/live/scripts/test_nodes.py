"""Nodes that commands start, scale and stop, also several at once."""

import json
import os
import signal
import subprocess
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from serving import audit, paths
from serving.gateway import gateway, haproxy
from serving.node import lock
from serving.torchserve import properties, registrations, server
from tests.live.commands import (
    begin,
    block,
    ended,
    errors,
    processes,
    refusal,
    run,
    started,
    whole_copy,
)
from tests.live.conftest import until
from tests.processes import bounded


def test_two_nodes_on_one_machine_and_two_terminals_at_once(tmp_path: Path) -> None:
    """One option moves all ports. Of two starts of a node one waits. Each command affects only its node."""
    one, two = tmp_path / "one", tmp_path / "two"
    with ExitStack() as stack:
        for directory in (one, two):
            stack.callback(run, ["scripts/down", "--directory", str(directory)])
        copy, ports = whole_copy(tmp_path), ["--ports", str(block())]
        ended(begin(one, "--ports", str(block()), root=copy))
        both = [begin(two, *ports, root=copy) for _ in range(2)]
        outputs = [ended(process) for process in both]
        assert sum("starts, stops or changes the node" in words for words in outputs) == 1
        assert sum("starting TorchServe" in words for words in outputs) == 1
        keys = [run(["scripts/keys", "--directory", str(directory)]).stdout for directory in (one, two)]
        assert keys[0] != keys[1]
        assert all("INFERENCE_KEY=" in shown for shown in keys)
        run(["scripts/down", "--help"])
        run(["scripts/down", "--directory", str(two)])
        assert server.find(two) is None
        events = [(entry["action"], entry["outcome"]) for entry in map(json.loads, audited(two))]
        changes = [change for change in events if change[0] != "renew key"]  # a new key refuses all requests at the end
        assert changes == [(action, outcome) for action in ("start", "stop") for outcome in ("begun", "done")]
        left = server.find(one)
        assert left
        assert left.running
        moved = run([".venv/bin/python", "scripts/commands", "up", "--directory", str(one), "--ports", "default"])
        assert errors(moved) == [f"error: the node in {one} runs on other ports: scripts/down stops it"]


def audited(directory: Path) -> list[str]:
    return (directory / audit.FILE).read_text().splitlines()


def test_scaling_by_load_tells_that_no_server_runs(tmp_path: Path) -> None:
    command = ["scripts/scale", "--directory", str(tmp_path), "--auto", "1", "2"]
    with bounded(subprocess.Popen(command, cwd=paths.ROOT, stdout=subprocess.PIPE, text=True)) as process:
        assert process.stdout
        assert process.stdout.readline() == "following the load with 1 to 2 workers, until Ctrl-C\n"
        assert process.stdout.readline() == f"no server runs in {tmp_path}: waiting for one\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0


def test_down_waits_for_the_lock_that_all_commands_share(tmp_path: Path) -> None:
    command = ["scripts/down", "--directory", str(tmp_path)]
    with (
        lock.changing(tmp_path),
        bounded(subprocess.Popen(command, cwd=paths.ROOT, stdout=subprocess.PIPE, text=True)) as process,
    ):
        assert process.stdout
        message = f"process {os.getpid()} starts, stops or changes the node in {tmp_path}; waiting for it\n"
        assert process.stdout.readline() == message
        process.send_signal(signal.SIGINT)
        assert process.wait(60) in (130, -signal.SIGINT)


def test_serve_waits_for_the_lock_that_all_commands_share(tmp_path: Path) -> None:
    first = block()
    with ExitStack() as stack:
        stack.callback(run, ["scripts/down", "--directory", str(tmp_path)])
        stack.enter_context(lock.changing(tmp_path))
        command = ["scripts/serve", "--directory", str(tmp_path), "--ports", str(first)]
        process = stack.enter_context(subprocess.Popen(command, cwd=paths.ROOT, stderr=subprocess.PIPE, text=True))
        stack.callback(process.kill)
        assert process.stderr
        line = process.stderr.readline()
        assert f"process {os.getpid()} starts, stops or changes the node in {tmp_path}; waiting for it" in line
        assert lock.holder(tmp_path) is None
        assert sorted(path.name for path in tmp_path.iterdir()) == ["deployment.lock"]
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
        assert process.stderr.read() == "stopped\n"


@pytest.mark.parametrize("words", [[], ["--gateway"]], ids=["alone", "with a gateway"])
def test_ctrl_c_while_a_node_starts_leaves_nothing_behind(words: list[str], tmp_path: Path) -> None:
    if words and not haproxy.find():
        pytest.skip("no HAProxy: scripts/test installs it where apt-get may")
    with started(tmp_path, "--ports", str(block()), *words) as process:
        until(lambda: server.find(tmp_path), 60)
        running = server.find(tmp_path)
        assert running
        process.send_signal(signal.SIGINT)
        printed, stderr = process.communicate(timeout=60)
        assert stderr == "stopped\n", printed
        assert process.returncode in (130, -signal.SIGINT)  # both are 130 in a shell; Python chooses between them
        assert processes(tmp_path) == []
        assert not running.scratch.exists()
        assert server.find(tmp_path) is None
        assert lock.holder(tmp_path) is None


def test_up_reports_what_changed_and_what_it_stops_and_down_ends_strays(tmp_path: Path) -> None:
    """The test leaves a JVM that is not recorded in the run folder, and a gateway whose supervisor was killed."""
    node, copy = tmp_path / "node", whole_copy(tmp_path)
    with started(node, "--ports", str(block()), root=copy) as first:
        assert "settings changed" not in ended(first)
        running = server.find(node)
        assert running
        with running.manage(registrations.EXPLAINER) as management:
            management.unregister(management.describe()[0]["modelVersion"])
            assert not registrations.is_there(management)
        settings = properties.read(copy / "config.properties") | {"job_queue_size": "77"}
        properties.write(settings, copy / "config.properties")
        change = "settings changed since this node started: job_queue_size was 4096 and is 77. scripts/down"
        assert change in ended(begin(node, root=copy))
        assert server.find(node) == running
        with running.manage(registrations.EXPLAINER) as management:
            assert registrations.is_there(management)
        if haproxy.find():
            replaced = ended(begin(node, "--gateway", root=copy))
            assert f"TorchServe runs here, as process {running.pid}, without a gateway: it is stopped" in replaced
            assert "settings changed" not in ended(begin(node, "--gateway", root=copy))
            supervisor, running = lock.holder(node), server.find(node)
            assert supervisor
            assert running
            keeper = psutil.Process(supervisor).parent()
            assert keeper
            keeper.kill()  # otherwise it would start another supervisor, which ends the JVM
            os.kill(supervisor, signal.SIGKILL)
        (node / "state.json").unlink()
        strays = processes(node)
        assert running.pid in [process.pid for process in strays]
        completed = run(["scripts/down", "--directory", str(node)])
        assert (completed.returncode, completed.stdout) == (0, "stopped\n"), completed
        until(lambda: not any(process.is_running() for process in strays), 10)
        assert not running.scratch.exists()
        assert gateway.find(node) is None


@pytest.mark.parametrize("script", ["keys", "clients list", "scale 1", "rollout --history", "down", "serve"])
def test_a_run_folder_of_another_user_is_told_with_the_command_for_that_user(script: str, tmp_path: Path) -> None:
    directory = Path("/etc")
    if os.geteuid() == 0:
        directory = tmp_path / "node"
        directory.mkdir()
        os.chown(directory, 65534, -1)
    name, *words = script.split()
    line = refusal([f"scripts/{name}", "--directory", str(directory), *words])
    owner = directory.owner()
    assert f"{directory} belongs to the user {owner}: run sudo -u {owner} scripts/{name}" in line
    assert list(tmp_path.rglob("*")) in ([], [directory])
