"""What the scripts say when the machine lacks something: one line that tells what, and nothing half done."""

import os
import random
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import pytest
import torch

from serving import paths
from serving.gateway import gateway, haproxy
from serving.node import deployment, lock
from serving.torchserve import properties, server
from tests.processes import bounded

from .conftest import until

_UNSHARE = shutil.which("unshare")


def isolated(*flags: str) -> list[str]:
    """A command prefix for a namespace of its own, or a skipped test where the kernel gives none."""
    if (
        not _UNSHARE
        or subprocess.run([_UNSHARE, "-r", *flags, "true"], capture_output=True, check=False, timeout=240).returncode
    ):
        pytest.skip("this machine gives no namespaces to unprivileged users")
    return [_UNSHARE, "-r", *flags]


def run(command: list[str], cwd: Path = paths.ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=cwd, env=os.environ | environment, capture_output=True, text=True, check=False, timeout=120
    )


def copied(directory: Path) -> Path:
    """A repository of its own there, for a script sees to its own: the source, without an environment or an archive."""
    copy = directory / "copy"
    for name in ("handlers", "inference", "model", "playground", "scripts", "serving"):
        shutil.copytree(paths.ROOT / name, copy / name)
    return copy


def errors(done: subprocess.CompletedProcess[str]) -> list[str]:
    """The error lines of a command that failed, as it must."""
    assert done.returncode == 1, done
    return [line for line in done.stderr.splitlines() if line.startswith("error: ")]


def bare_copy(target: Path) -> Path:
    """As much of the repository as a command reads before it makes an environment."""
    for name in ("scripts", "serving"):
        shutil.copytree(paths.ROOT / name, target / name)
    for name in ("pyproject.toml", "requirements/train.txt"):
        (target / name).parent.mkdir(exist_ok=True)
        shutil.copy(paths.ROOT / name, target / name)
    return target


def test_a_wrong_python_is_named(tmp_path: Path) -> None:
    old = tmp_path / "python3.9"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.9.1"\nexit 1\n')
    old.chmod(0o755)
    copy = bare_copy(tmp_path / "copy")
    (line,) = errors(run([str(copy / "scripts" / "up")], PYTHON=str(old)))
    assert "Python 3.11 to 3.13 is needed; found Python 3.9.1" in line
    assert not (copy / ".venv").exists()


def test_a_full_disk_is_told_before_anything_is_installed(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    copy = bare_copy(tmp_path / "copy")
    script = f"mount -t tmpfs -o size=20m tmpfs {small} && cp -r {copy}/. {small} && {small}/scripts/up"
    (line,) = errors(run([*isolated("-m"), "sh", "-c", script]))
    assert "no disk space" in line
    assert "9 GB are needed" in line


def test_a_busy_port_is_told_before_minutes_of_work(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        copy = copied(tmp_path)
        settings = (paths.ROOT / "config.properties").read_text()
        (copy / "config.properties").write_text(settings.replace(":8080", f":{port}"))
        done = run([str(paths.ROOT / ".venv" / "bin" / "python"), str(copy / "scripts" / "commands"), "up", "--check"])
    (line,) = errors(done)
    assert f"port {port} (inference) is busy: process {os.getpid()} " in line


def test_no_source_of_data_is_told_with_what_was_tried(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    command = [*isolated("-n"), ".venv/bin/python", "scripts/commands", "train", "--out", str(tmp_path / "out")]
    (line,) = errors(run(command, DIGITS_DATA=str(empty)))
    assert "MNIST cannot be fetched" in line
    assert "torchvision's mirrors" in line
    assert "requirements/data.txt" in line
    assert "DIGITS_DATA" in line
    assert not (tmp_path / "out" / "model.safetensors").exists()


def test_package_without_a_bundle_says_what_to_run(tmp_path: Path) -> None:
    command = ["scripts/package", "--bundle", str(tmp_path / "none")]
    (line,) = errors(run(command))
    assert "run scripts/train first" in line


def test_keys_without_a_server_say_what_to_run(tmp_path: Path) -> None:
    copy = copied(tmp_path)
    (copy / ".venv").symlink_to(paths.ROOT / ".venv")
    (line,) = errors(run([str(copy / "scripts" / "keys")]))
    assert "scripts/up" in line


def test_down_without_a_server_is_no_error(tmp_path: Path) -> None:
    done = run([str(bare_copy(tmp_path / "copy") / "scripts" / "down")])
    assert (done.returncode, done.stdout) == (0, "nothing runs: there is no .venv\n")


COMMANDS = sorted(path.stem for path in (paths.ROOT / "scripts" / "arguments").glob("[a-z]*.py"))
BARE = ["pyproject.toml", "requirements", "scripts", "serving"]


@pytest.mark.parametrize("name", COMMANDS)
def test_help_does_nothing_else(name: str, tmp_path: Path) -> None:
    copy = bare_copy(tmp_path / "copy")
    done = run([str(copy / "scripts" / name), "--help"], cwd=tmp_path)
    assert done.returncode == 0, done
    assert done.stdout.startswith(f"usage: scripts/{name} ")
    assert done.stderr == ""
    assert sorted(path.name for path in copy.iterdir()) == BARE


@pytest.mark.parametrize(
    "words",
    [
        *([name, "--nonsense"] for name in COMMANDS if name != "test"),  # whose arguments are pytest's
        ["up", "--gate"],
        ["up", "now"],
        ["up", "--ports"],
        ["up", "--gateway=yes"],
        ["keys", "me"],
        ["bench", "--quik"],
        ["audit", "all"],
        ["clients", "add"],
        ["edge"],
        ["rollout"],
        ["scale", "2", "--auto", "1", "2"],
        ["serve", "--set", "health_address"],
        ["train", "--resume", "--fresh"],
    ],
    ids=" ".join,
)
def test_a_wrong_argument_is_refused_before_any_work(words: list[str], tmp_path: Path) -> None:
    copy = bare_copy(tmp_path / "copy")
    done = run([str(copy / "scripts" / words[0]), *words[1:]], cwd=tmp_path)
    assert done.returncode == 2, done
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: ")
    assert re.search(rf"; scripts/{words[0]}( add)? --help shows what there is$", line)
    assert sorted(path.name for path in copy.iterdir()) == BARE


@pytest.mark.parametrize("words", ["clients list", "edge one=a:1", "keys", "rollout --history", "scale 1", "serve"])
def test_without_an_environment_a_command_says_what_makes_one(words: str, tmp_path: Path) -> None:
    name, *arguments = words.split()
    done = run([str(bare_copy(tmp_path / "copy") / "scripts" / name), *arguments])
    assert errors(done) == ["error: nothing is installed here yet: scripts/up does it"]


@pytest.mark.parametrize("days", ["0", "-1", "nan", "inf", "soon"])
def test_no_key_is_expired_from_the_beginning(days: str, tmp_path: Path) -> None:
    done = run(["scripts/clients", "--directory", str(tmp_path), "add", "me", f"--days={days}"])
    assert done.returncode == 2
    assert f"a key holds for more than 0 and at most 3650 days, not {days}" in done.stderr
    assert done.stdout == ""


def test_a_revoked_client_is_reported(tmp_path: Path) -> None:
    clients = ["scripts/clients", "--directory", str(tmp_path)]
    run([*clients, "add", "me"])
    run([*clients, "add", "me"])
    assert run([*clients, "revoke", "me"]).stdout == "me: 2 keys revoked\n"
    assert errors(run([*clients, "revoke", "me"])) == ["error: no client is called me; scripts/clients list shows all"]


def test_two_nodes_on_one_machine_and_two_terminals_at_once(tmp_path: Path) -> None:
    """One command moves all ports; of two that start the same node one waits; each command minds its own node."""
    one, two = tmp_path / "one", tmp_path / "two"
    with ExitStack() as stack:
        for directory in (one, two):
            stack.callback(run, ["scripts/down", "--directory", str(directory)])
        ended(begin(one, block()))
        other = block()
        both = [begin(two, other), begin(two, other)]
        told = [ended(process) for process in both]
        assert sum("starts, stops or changes the node" in words for words in told) == 1
        assert sum("starting TorchServe" in words for words in told) == 1
        keys = [run(["scripts/keys", "--directory", str(directory)]).stdout for directory in (one, two)]
        assert keys[0] != keys[1]
        assert all("INFERENCE_KEY=" in shown for shown in keys)
        run(["scripts/down", "--help"])
        run(["scripts/down", "--directory", str(two)])
        assert server.find(two) is None
        left = server.find(one)
        assert left
        assert left.running
        moved = run([".venv/bin/python", "scripts/commands", "up", "--directory", str(one), "--ports", "default"])
        assert errors(moved) == [f"error: the node in {one} runs on other ports: scripts/down stops it"]


def begin(directory: Path, first: int) -> "subprocess.Popen[str]":
    command = [".venv/bin/python", "scripts/commands", "up", "--directory", str(directory), "--ports", str(first)]
    return subprocess.Popen(command, cwd=paths.ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def ended(process: "subprocess.Popen[str]") -> str:
    """Wait for a command, which must succeed, and return what it printed."""
    try:
        printed, _ = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode == 0, printed
    return printed


def block() -> int:
    """The first of eight free ports in a row, below those that the system gives to clients."""
    while True:
        first = random.randrange(10_000, 30_000)
        try:
            with ExitStack() as stack:
                for port in range(first, first + 8):
                    stack.enter_context(socket.create_server(("127.0.0.1", port)))
            return first
        except OSError:
            continue


PYTHON = ".venv/bin/python"
NESTED = '{"a":' * 100_000


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of files that no script can use, by what is wrong with them."""
    folder = tmp_path_factory.mktemp("damaged")
    (folder / "empty").write_bytes(b"")
    (folder / "folder").mkdir()
    (folder / "garbage").write_bytes(bytes(range(256)) * 40)
    (folder / "nested").write_text(NESTED)
    (folder / "truncated").write_bytes(paths.ARCHIVE.read_bytes()[:100_000])
    (folder / "half").write_bytes(paths.BUNDLE.read_bytes()[:100_000])
    torch.save({"layers.0.weight": torch.zeros(3)}, folder / "state_dict")
    for name in ("truncated", "nested-record", "empty-record"):
        (folder / name).write_bytes(paths.ARCHIVE.read_bytes()[: 100_000 if name == "truncated" else None])
        record = NESTED if name == "nested-record" else "" if name == "empty-record" else "{}"
        (folder / f"{name}.json").write_text(record)
    return folder


def refusal(command: list[str], **environment: str) -> str:
    """The one sentence that a command says of its input on stderr, and all that it says there."""
    done = run(command, **environment)
    assert done.returncode not in (0, -9), done
    assert "Traceback" not in done.stdout + done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: ")
    return line


BUNDLES = ("missing", "empty", "folder", "garbage", "nested", "truncated", "half", "state_dict")


@pytest.mark.parametrize("kind", BUNDLES)
def test_package_refuses_what_is_no_bundle(kind: str, damaged: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.mar"
    line = refusal(["scripts/package", "--out", str(out), "--bundle", str(damaged / kind)])
    assert kind in line
    assert "scripts/train" in line
    assert not out.exists()


@pytest.mark.parametrize("kind", [*BUNDLES, "nested-record", "empty-record"])
def test_rollout_refuses_what_is_no_archive(kind: str, damaged: Path, tmp_path: Path) -> None:
    line = refusal(["scripts/rollout", "--directory", str(tmp_path), str(damaged / kind)])
    assert kind in line
    assert "build it with scripts/package" in line or "is not a regular file" in line


@pytest.mark.parametrize("kind", ["missing", "state_dict"])
@pytest.mark.parametrize(
    "command",
    [
        ("evaluate", "--bundle"),
        ("faithfulness", "--bundle"),
        ("train", "--data"),
        ("compare", "--quick", "--data"),
        ("tune", "--quick", "--space"),
    ],
    ids=" ".join,
)
def test_training_scripts_refuse_damaged_input(
    command: tuple[str, ...], kind: str, damaged: Path, tmp_path: Path
) -> None:
    copy = copied(tmp_path)
    shutil.copytree(paths.ROOT / "training", copy / "training")
    line = refusal(
        [str(paths.ROOT / PYTHON), str(copy / "scripts" / "commands"), command[0], *command[1:], str(damaged / kind)]
    )
    assert kind in line or "the space is empty: name at least one hyperparameter" in line


STATE = {
    "state.json": (["keys"], ["scale", "2"], ["rollout", "--rollback"], ["up"]),
    "settings.json": (["up", "--check"], ["serve"]),
    "deployment.json": (["rollout", "--history"], ["up"]),
    "gateway/state.json": (["clients", "list"], ["clients", "add", "me"], ["down"]),
    "playground.json": (["down"], ["playground", "--background"]),
}
REMEDIES = ("scripts/down ends", "remove it", "remove the file")


@pytest.mark.parametrize("kind", ["folder", "nested"])  # tests/unit/serving/test_state.py has all kinds
@pytest.mark.parametrize("file", STATE)
def test_a_damaged_run_folder_is_told_with_its_remedy(file: str, kind: str, damaged: Path, tmp_path: Path) -> None:
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (shutil.copytree if kind == "folder" else shutil.copy)(damaged / kind, tmp_path / file)
    for script, *words in STATE[file]:
        line = refusal([PYTHON, "scripts/commands", script, "--directory", str(tmp_path), *words])
        assert f"{tmp_path / file} is damaged" in line
        assert any(remedy in line for remedy in REMEDIES), line


def test_down_ends_what_a_damaged_state_hides(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text(NESTED)
    done = run(["scripts/down", "--directory", str(tmp_path)])
    assert (done.returncode, done.stdout) == (0, "nothing runs\n")
    assert not (tmp_path / "state.json").exists()


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


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["0"], "0 workers answer nothing: name 1 or more; scripts/down stops the server"),
        (["1000"], "1000 workers are too many for the processors of this machine: name"),
        (["--auto", "1", "1000"], "1000 workers are too many"),
        (["--auto", "2", "1"], "--auto takes the smaller number first, not 2 1"),
    ],
)
def test_a_number_of_workers_that_makes_no_sense_is_refused(words: list[str], sentence: str) -> None:
    done = run(["scripts/scale", *words])
    assert done.returncode == 2
    assert sentence in done.stderr.splitlines()[-1]


def test_scaling_by_load_tells_that_no_server_runs(tmp_path: Path) -> None:
    command = ["scripts/scale", "--directory", str(tmp_path), "--auto", "1", "2"]
    with bounded(subprocess.Popen(command, cwd=paths.ROOT, stdout=subprocess.PIPE, text=True)) as process:
        assert process.stdout
        assert process.stdout.readline() == "following the load with 1 to 2 workers, until Ctrl-C\n"
        assert process.stdout.readline() == f"no server runs in {tmp_path}: waiting for one\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0


def test_a_key_with_another_rate_changes_those_of_the_client(tmp_path: Path) -> None:
    add = ["scripts/clients", "--directory", str(tmp_path), "add", "shop"]
    assert run([*add, "--rate", "5", "--heavy", "2"]).stderr == ""
    assert run([*add, "--scopes", "predict"]).stderr == ""  # what is not given stays
    assert run([*add, "--rate", "9"]).stderr == "all keys of shop have rate 9 from now on; it was 5\n"
    listed = run([*add[:-2], "list"]).stdout.splitlines()
    assert len(listed) == 3
    assert all("9/s  128, 8, 2 at once" in line for line in listed)


def test_serve_waits_for_the_lock_that_all_commands_share(tmp_path: Path) -> None:
    first = block()
    with ExitStack() as stack:
        stack.callback(run, ["scripts/down", "--directory", str(tmp_path)])
        stack.enter_context(deployment.changing(tmp_path))
        command = ["scripts/serve", "--directory", str(tmp_path), "--ports", str(first)]
        process = stack.enter_context(subprocess.Popen(command, cwd=paths.ROOT, stderr=subprocess.PIPE, text=True))
        stack.callback(process.kill)
        assert process.stderr
        line = process.stderr.readline()
        assert f"process {os.getpid()} starts, stops or changes the node in {tmp_path}; waiting for it" in line
        assert lock.holder(tmp_path) is None
        assert sorted(path.name for path in tmp_path.iterdir()) == ["deployment.lock"]
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
        assert process.stderr.read() == "stopped\n"


@contextmanager
def started(directory: Path, *words: str, root: Path = paths.ROOT) -> Iterator["subprocess.Popen[str]"]:
    """A start of a node, and no node after the block."""
    command = [
        str(paths.ROOT / PYTHON),
        str(root / "scripts" / "commands"),
        "up",
        "--directory",
        str(directory),
        *words,
    ]
    process = subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        with bounded(process):
            yield process
    finally:
        run(["scripts/down", "--directory", str(directory)])


def processes(directory: Path) -> list[psutil.Process]:
    """The JVM, HAProxy and supervisor of a node, and their children."""
    found = []
    for process in psutil.process_iter(["cwd", "cmdline"]):
        if process.info["cwd"] == str(directory) or f"--directory={directory}" in (process.info["cmdline"] or ()):
            found += [process, *process.children(recursive=True)]
    return found


@pytest.mark.parametrize("words", [[], ["--gateway"]], ids=["alone", "with a gateway"])
def test_ctrl_c_while_a_node_starts_leaves_nothing_behind(words: list[str], tmp_path: Path) -> None:
    if words and not haproxy.found():
        pytest.skip("no HAProxy: scripts/test installs it where apt-get may")
    with started(tmp_path, "--ports", str(block()), *words) as process:
        until(lambda: server.find(tmp_path), 60)
        running = server.find(tmp_path)
        assert running
        process.send_signal(signal.SIGINT)
        printed, told = process.communicate(timeout=60)
        assert (process.returncode, told) == (130, "stopped\n"), printed
        assert processes(tmp_path) == []
        assert not running.scratch.exists()
        assert server.find(tmp_path) is None
        assert lock.holder(tmp_path) is None


def whole_copy(directory: Path) -> Path:
    """A repository of its own that serves the product's archive, with settings that a test may change."""
    copy = copied(directory)
    for name in ("deploy", "docs", "model_store", "training", ".keys"):
        shutil.copytree(paths.ROOT / name, copy / name)
    for name in ("config.properties", "log4j2.xml"):
        shutil.copy(paths.ROOT / name, copy / name)
    (copy / "data").symlink_to(paths.ROOT / "data")
    return copy


def test_up_reports_what_changed_and_what_it_stops_and_down_ends_strays(tmp_path: Path) -> None:
    """A JVM that the run folder does not know of, and a gateway whose supervisor was killed."""
    node, copy = tmp_path / "node", whole_copy(tmp_path)
    with started(node, "--ports", str(block()), root=copy) as first:
        assert "settings changed" not in ended(first)
        settings = properties.read(copy / "config.properties") | {"job_queue_size": "77"}
        properties.write(settings, copy / "config.properties")
        change = "settings changed since this node started: job_queue_size was 4096 and is 77. scripts/down"
        assert change in again(node, copy)
        running = server.find(node)
        assert running
        if haproxy.found():
            replaced = again(node, copy, "--gateway")
            assert f"TorchServe runs here, as process {running.pid}, without a gateway: it is stopped" in replaced
            assert "settings changed" not in again(node, copy, "--gateway")
            supervisor, running = lock.holder(node), server.find(node)
            assert supervisor
            assert running
            os.kill(supervisor, signal.SIGKILL)
        (node / "state.json").unlink()
        strays = processes(node)
        assert running.pid in [process.pid for process in strays]
        done = run(["scripts/down", "--directory", str(node)])
        assert (done.returncode, done.stdout) == (0, "stopped\n"), done
        until(lambda: not any(process.is_running() for process in strays), 10)
        assert not running.scratch.exists()
        assert gateway.find(node) is None


def again(node: Path, copy: Path, *words: str) -> str:
    command = [str(paths.ROOT / PYTHON), str(copy / "scripts" / "commands"), "up", "--directory", str(node), *words]
    return ended(subprocess.Popen(command, cwd=copy, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True))
