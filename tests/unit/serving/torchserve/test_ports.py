"""Free ports, and the processes that use other ports."""

import os
import socket
import subprocess
import sys

import pytest

from serving.torchserve import ports
from serving.torchserve.ports import PortBusyError
from tests.processes import bounded


def test_free_ports_are_different_and_free() -> None:
    numbers = ports.free(5)
    assert len(set(numbers)) == 5
    for port in numbers:
        ports.check_free(port, "inference")


def test_a_free_port_is_given_to_one_server_only() -> None:
    (port,) = ports.free(1)
    reserve = f"from serving.torchserve import ports; print(ports.reserve({port}))"
    with socket.create_server(("127.0.0.1", port)):
        assert not ports.reserve(port)
    assert not ports.reserve(port)
    command = [sys.executable, "-c", reserve]
    assert subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout == "False\n"


def test_a_busy_port_is_named_with_its_use_and_its_owner() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(PortBusyError) as refused:
            ports.check_free(port, "management")
    assert f"port {port} (management) is busy" in str(refused.value)
    assert f"process {os.getpid()} (" in str(refused.value)


def test_a_port_held_by_another_process_is_named_with_that_process() -> None:
    program = (
        "import socket, sys\n"
        "held = socket.create_server(('127.0.0.1', 0))\n"
        "print(held.getsockname()[1], flush=True)\n"
        "sys.stdin.read()"
    )
    command = [sys.executable, "-c", program]
    with bounded(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)) as other:
        assert other.stdout is not None
        port = int(other.stdout.readline())
        with pytest.raises(PortBusyError, match=rf"process {other.pid} \(python"):
            ports.check_free(port, "inference")


def test_a_port_is_free_again_once_it_is_closed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    ports.check_free(port, "inference")  # does not raise
