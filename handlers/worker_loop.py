"""The loop of a worker: whole batches in, whole answers out, in place of TorchServe's own.

TorchServe's loop hands a batch through a dozen objects a request before and after the handler sees it, which costs more
than the prediction. TorchServe 0.12.0 is its last release, so its loop will not change; should it differ all the same,
or be set to do more than this one does, TorchServe's own stays and calls ``InferenceHandler.handle``.
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
_IDLE_SECONDS = 0.02  # without a batch: a scrape of the worker's counters comes later than that


def install(answers: Answers, sent: Sent, idle: Idle) -> bool:
    """Let the worker that this process is answer its batches by ``answers``. False if it is not one that is known.

    ``sent`` is called when a batch's answers are on their way, while the frontend passes them on. If it leaves
    something to do, ``idle`` is called when no other batch follows, and at the end.

    The worker's loop asks ``retrieve_msg`` for the next message and answers what it gets. The one put in its place
    answers inference messages itself, and gives back only what else comes.
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
    """Return whether TorchServe is the known version and neither decodes bodies nor spreads a model over processes."""
    decodes = os.environ.get("TS_DECODE_INPUT_REQUEST") != "false"
    return ts.__version__ == _KNOWN and not decodes and os.environ.get("LOCAL_RANK", "0") == "0"


def _serve(connection: socket.socket, answers: Answers, sent: Sent, idle: Idle) -> tuple[bytes, Any]:
    """Answer batches until another message comes, and read that with TorchServe's reader."""
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
    # The frontend waits for each answer before it sends more, so nothing is left in the reader's buffer after this.
    message: tuple[bytes, Any] = otf_message_handler.retrieve_msg(reader)
    return message


class _Pauses:
    """Detector for pauses of the frontend. The kernel reports them; it is not called at every batch."""

    def __init__(self, connection: socket.socket, idle: Idle) -> None:
        self._connection = connection
        self._idle = idle
        self._detecting = False

    def detect(self) -> None:
        """Let a ``recv`` that waits too long raise BlockingIOError from now on."""
        if not self._detecting:
            self._detecting = True
            self._time_out(_IDLE_SECONDS)

    def end(self) -> None:
        """Do the idle work, and let the next ``recv`` wait without a limit."""
        if self._detecting:
            self._detecting = False
            self._time_out(0.0)
        self._idle()

    def _time_out(self, seconds: float) -> None:
        duration = struct.pack("@ll", *divmod(int(seconds * 1e6), 10**6))  # struct timeval; 0 is forever
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, duration)
