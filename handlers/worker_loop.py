"""The loop of a worker, which replaces TorchServe's own: it reads whole batches and writes whole answers.

TorchServe's loop passes each request through a dozen objects before and after the handler, which costs more than the
prediction. TorchServe 0.12.0 is the last release. With another version, or with settings that this loop does not
support, the loop of TorchServe stays and calls ``InferenceHandler.handle``.
"""

import logging
import os
import socket
import struct
import sys
from collections.abc import Callable, Sequence
from typing import Any

import ts
from ts.protocol import otf_message_handler

from handlers.connection import FrontendConnection
from handlers.protocol import INFERENCE, Reader, Received, encode
from inference.http_message import Answer

logger = logging.getLogger(__name__)
Answers = Callable[[Sequence[Received]], list[Answer]]
Sent = Callable[[], bool]
Idle = Callable[[], None]
_KNOWN = "0.12.0"
_IDLE_SECONDS = 0.02  # pause after which pending batches are counted, before a scrape would read the counters


def install(answers: Answers, sent: Sent, idle: Idle) -> bool:
    """Replace the loop of this worker process: ``answers`` answers its batches. Return False for an unknown loop.

    answers  returns the answers to a batch
    sent     called after the answers were sent; returns True if ``idle`` has work to do
    idle     called when no batch follows such a batch, and at the end

    TorchServe's loop calls ``retrieve_msg`` for the next message. The replacement of this function answers inference
    messages itself, and returns only other messages.
    """
    worker = sys.modules["__main__"]
    theirs = getattr(worker, "retrieve_msg", None)
    if theirs is not otf_message_handler.retrieve_msg or not _as_known():
        return False

    def retrieve_msg(connection: socket.socket) -> tuple[bytes, Any]:
        return _serve(connection, answers, sent, idle)

    worker.__dict__["retrieve_msg"] = retrieve_msg
    logger.info("batches are read from one buffer")
    return True


def _as_known() -> bool:
    """Return True for the known version of TorchServe, if it neither decodes bodies nor divides a model."""
    decodes = os.environ.get("TS_DECODE_INPUT_REQUEST") != "false"
    return ts.__version__ == _KNOWN and not decodes and os.environ.get("LOCAL_RANK", "0") == "0"


def _serve(connection: socket.socket, answers: Answers, sent: Sent, idle: Idle) -> tuple[bytes, Any]:
    """Answer batches until another message arrives. Return that message, read by TorchServe's reader."""
    pauses = _Pauses(connection, idle)
    reader = Reader(FrontendConnection(connection), pauses.end)
    try:
        while reader.next_is(INFERENCE):
            batch = reader.batch()
            connection.sendall(encode(batch, answers(batch)))
            if sent():
                pauses.detect()
    except EOFError:
        pauses.end()
        sys.exit(0)  # as TorchServe's reader does
    pauses.end()
    # The frontend waits for each answer before it sends more, so the buffer is empty after this message.
    message: tuple[bytes, Any] = otf_message_handler.retrieve_msg(reader)
    return message


class _Pauses:
    """Detector of pauses between batches. It sets a receive timeout only once for each pause, not for each batch."""

    def __init__(self, connection: socket.socket, idle: Idle) -> None:
        self._connection = connection
        self._idle = idle
        self._detecting = False

    def detect(self) -> None:
        """Make ``recv`` raise BlockingIOError when it waits too long."""
        if not self._detecting:
            self._detecting = True
            self._time_out(_IDLE_SECONDS)

    def end(self) -> None:
        """Do the idle work, and remove the time limit of ``recv``."""
        if self._detecting:
            self._detecting = False
            self._time_out(0.0)
        self._idle()

    def _time_out(self, seconds: float) -> None:
        duration = struct.pack("@ll", *divmod(int(seconds * 1e6), 10**6))  # struct timeval; 0 means no timeout
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, duration)
