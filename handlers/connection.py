"""The worker's side of its connection to TorchServe: it polls for a message that comes soon.

An idle core stops, and waking it takes 50 us or more, especially on virtual machines. A request of a single client
passes through three threads that sleep in turn, so without polling half of its latency was for waking cores.
"""

import os
import socket
import time

from inference import cores

_SOON = 1e-3  # seconds; the next request of a client arrives after 0.1 to 0.5 ms


class FrontendConnection:
    """Connection that polls for bytes instead of sleeping, as long as they arrive within 1 ms.

    After 1 ms without bytes it sleeps, and polls again only after bytes have arrived within 1 ms. After each attempt
    it yields the core to other threads. With one core it does not poll, because the frontend needs that core.
    """

    def __init__(self, line: socket.socket, *, polls: bool | None = None) -> None:
        self._line = line
        self._polls = cores.available() > 1 if polls is None else polls
        self._soon = False

    def recv(self, most: int) -> bytes:
        """Return 1 to ``most`` bytes, or no bytes if the frontend has closed the connection.

        Raises BlockingIOError after the receive timeout of the connection, if it has one.
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
