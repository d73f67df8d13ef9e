"""The worker's side of its connection to TorchServe: waiting for a message that comes soon without falling asleep.

A core without work stops, and to wake it takes 50 us and more, on virtual machines above all. A request of a lone
client passes through three threads, each of which sleeps while the others work, so waking took half of its latency.
"""

import os
import socket
import time

from inference import cores

_SOON = 1e-3  # seconds; a client's next request takes 0.1 to 0.5 ms to come


class FrontendConnection:
    """Receives bytes. While they come within 1 ms, the worker polls for them instead of sleeping.

    A worker polls for 1 ms at most, and not again before bytes come that soon, so one with few requests sleeps. Where
    other threads want its core, it yields to them at each attempt. On one core nothing could come while it polls.
    """

    def __init__(self, line: socket.socket, *, polls: bool | None = None) -> None:
        self._line = line
        self._polls = cores.available() > 1 if polls is None else polls
        self._soon = False

    def recv(self, most: int) -> bytes:
        """Return 1 to ``most`` bytes, or none if the frontend has closed the connection.

        Raises BlockingIOError after the connection's receive timeout, if it has one.
        """
        if not self._polls:
            return self._line.recv(most)
        began = time.monotonic()
        while self._soon:
            try:
                return self._line.recv(most, socket.MSG_DONTWAIT)
            except BlockingIOError:
                os.sched_yield()
                self._soon = time.monotonic() - began < _SOON
        data = self._line.recv(most)
        self._soon = time.monotonic() - began < _SOON
        return data
