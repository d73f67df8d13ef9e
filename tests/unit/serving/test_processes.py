import signal
import subprocess
import sys

from serving import processes

_WAITS = "import signal, sys; signal.signal(signal.SIGTERM, {}); print('ready', flush=True); signal.pause()"


def started(handler: str) -> "subprocess.Popen[str]":
    """Start a process, and wait until it has set its handler of SIGTERM."""
    process = subprocess.Popen([sys.executable, "-c", _WAITS.format(handler)], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    return process


def test_a_process_that_has_ended_does_not_live_and_one_of_another_is_not_ours() -> None:
    with started("signal.SIG_DFL") as process:
        assert processes.lives(process.pid)
        assert not processes.lives(process.pid, lambda other: "java" in other.cmdline())
        processes.end(process.pid, signal.SIGTERM, 10, lambda: processes.lives(process.pid))
        assert not processes.lives(process.pid), "it is a zombie until it is waited for"
    assert process.returncode == -signal.SIGTERM
    assert not processes.lives(process.pid)


def test_one_that_ignores_the_signal_is_killed() -> None:
    with started("signal.SIG_IGN") as process:
        processes.end(process.pid, signal.SIGTERM, 0.1, lambda: processes.lives(process.pid))
    assert process.returncode == -signal.SIGKILL
