"""Faults of processes: kill and freeze."""

import os
import signal
import time

import psutil

from resilience.faults.fault import Check, Injected, seconds
from resilience.faults.node import Node
from serving.gateway import gateway

_BACK_SECONDS, _TAKEOVER_SECONDS = 90.0, 5.0


def strike_worker(number: int, node: Node) -> Injected:
    """Send a worker SIGKILL, or SIGSTOP so that it hangs with its requests. TorchServe starts another."""
    hurt, began = node.wait_worker(), time.monotonic()
    os.kill(hurt, number)
    node.until(lambda: node.worker() not in (0, hurt) and node.ready(), _BACK_SECONDS, "another worker")
    return Injected(began, {"ready": time.monotonic() - began, "gone": not psutil.pid_exists(hurt)})


def kill_jvm(node: Node) -> Injected:
    """Kill the JVM by kill -9. The supervisor starts another."""
    killed, began = node.server.pid, time.monotonic()
    os.kill(killed, signal.SIGKILL)
    node.until(lambda: node.ready() and node.worker() and node.server.pid != killed, _BACK_SECONDS, "another JVM")
    return Injected(began, {"ready": time.monotonic() - began})


def kill_gateway(node: Node) -> Injected:
    """Kill the gateway by kill -9. The supervisor starts another."""
    killed, began = node.gateway.pid, time.monotonic()
    os.kill(killed, signal.SIGKILL)

    def is_back() -> bool:
        running = gateway.find(node.directory)
        return running is not None and running.pid != killed and running.running

    node.until(is_back, _BACK_SECONDS, "another gateway")
    return Injected(began, {"running": time.monotonic() - began})


def kill_supervisor(node: Node) -> Injected:
    """Kill the supervisor by kill -9. Its keeper starts another, which takes over TorchServe and the gateway."""
    killed, running, began = node.supervisor, (node.server.pid, node.gateway.pid), time.monotonic()
    os.kill(killed, signal.SIGKILL)
    node.until(lambda: node.says("/livez") and node.says("/workers"), _BACK_SECONDS, "another supervisor")
    took = time.monotonic() - began
    same = (node.server.pid, node.gateway.pid) == running and node.supervisor != killed
    checks = (
        Check(
            f"another says /livez and /workers within {_TAKEOVER_SECONDS:g} s", seconds(took), took <= _TAKEOVER_SECONDS
        ),
        Check("it takes over TorchServe and the gateway", "it does" if same else "it does not", same),
    )
    return Injected(began, {"takeover": took}, checks)
