"""Requests to a new TorchServe, so that its JVM compiles the code for answers before clients come."""

import logging
import selectors
import socket
import time
from contextlib import ExitStack
from pathlib import Path

from handlers.warm_up import HEADER
from serving.archives import samples
from serving.rpc.http import HTTPError, Messages
from serving.torchserve import command, keys, properties
from serving.torchserve.server import Server

SETTING = "warm_up_seconds"
_CLIENTS = 32  # most connections
_LEFT = 0.25  # share of the time that is enough to answer one request of each client
_PROBES = 4
_BUFFER = 1 << 16
_MOST_BODY = 1 << 14  # bytes; a longer body takes time to read, not to forward
_ANSWER_SECONDS = 5.0
_MOST_ANSWER = 64 << 20  # bytes

logger = logging.getLogger(__name__)


def warm_up(running: Server, archive: Path) -> int:
    """Send the first golden sample of an archive for the seconds in the settings. Return the number of answers.

    The workers do not count these requests. Nothing is sent if the sample is long or the setting is 0.
    """
    seconds = float(properties.read(running.directory / command.SETTINGS).get(SETTING, "0"))
    body = samples.read_golden(archive).request
    if seconds <= 0.0 or len(body) > _MOST_BODY:
        return 0
    key = keys.read(running.directory).inference
    headers = {"Host": "localhost", "Content-Type": "application/json", "Content-Length": str(len(body))}
    headers |= key.header | {HEADER: running.mark}
    lines = [f"POST /predictions/{running.name} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    try:
        return _exchange(running, "\r\n".join([*lines, "", ""]).encode() + body, seconds)
    except (OSError, HTTPError) as error:  # no harm: requests of clients warm it up
        logger.warning("the warm-up ended early: %s", error)
        return 0


def _exchange(running: Server, request: bytes, seconds: float) -> int:
    """Keep one request open on each of several connections until the time is over. Raises OSError if one fails."""
    deadline = time.monotonic() + seconds
    with ExitStack() as stack, selectors.DefaultSelector() as selector:
        first = stack.enter_context(_connect(running))
        took = min(_timed(first, request) for _ in range(_PROBES))
        clients = max(1, min(_CLIENTS, int(_LEFT * seconds / took)))
        answered = _PROBES
        for connection in (first, *(stack.enter_context(_connect(running)) for _ in range(clients - 1))):
            connection.sendall(request)
            selector.register(connection, selectors.EVENT_READ, connection)
        while selector.get_map():
            ready = selector.select(_ANSWER_SECONDS)
            if not ready:
                raise TimeoutError(f"no answer within {_ANSWER_SECONDS:.0f} s")
            for key, _ in ready:
                connection = key.data
                _read(connection)
                answered += 1
                if time.monotonic() > deadline:
                    selector.unregister(connection)
                else:
                    connection.sendall(request)
    return answered


def _timed(connection: socket.socket, request: bytes) -> float:
    """Return the seconds until the answer to a request."""
    began = time.monotonic()
    connection.sendall(request)
    _read(connection)
    return time.monotonic() - began


def _read(connection: socket.socket) -> None:
    """Read an answer to its end. Raises OSError if its status is not 200."""
    messages = Messages(_MOST_ANSWER)
    while not (answer := messages.take(_some(connection))):
        pass
    if not answer.first.startswith("HTTP/1.1 200"):
        raise OSError(f"the sample was answered {answer.first} {answer.body[:200]!r}")


def _some(connection: socket.socket) -> bytes:
    content = connection.recv(_BUFFER)
    if not content:
        raise ConnectionResetError("TorchServe closed the connection")
    return content


def _connect(running: Server) -> socket.socket:
    if running.socket:
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(running.socket)
    else:
        host, _, port = running.inference.removeprefix("http://").rpartition(":")
        connection = socket.create_connection((host, int(port)))
    connection.settimeout(_ANSWER_SECONDS)
    return connection
