"""HAProxy as a child process, and its log."""

import json
import logging
import os
import shutil
import subprocess
import threading
import time
from contextlib import closing
from logging.handlers import RotatingFileHandler
from pathlib import Path

_LOG_BYTES, _LOG_FILES = 10 << 20, 5
_WORDS_SECONDS = 1.0


class GatewayError(Exception):
    """A gateway that did not start, or does not do what it is told."""


class _Log(RotatingFileHandler):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """On a full disk a line is lost, and nothing else: no traceback for each."""


def run(config: Path, environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    """Start HAProxy with a configuration that reads its environment. Raises GatewayError where there is none."""
    binary = found()
    if not binary:
        raise GatewayError("HAProxy 2.6 or newer is needed (Debian and Ubuntu: apt-get install haproxy)")
    process = subprocess.Popen(
        [binary, "-db", "-f", str(config)],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # Ctrl-C is for the supervisor, which stops it when its turn has come
    )
    threading.Thread(target=_keep, args=(process, log), daemon=True).start()
    return process


def last_words(log: Path) -> str:
    """Why HAProxy ended, as it says itself."""
    deadline = time.monotonic() + _WORDS_SECONDS
    while time.monotonic() < deadline:
        lines = log.read_text(errors="replace").splitlines() if log.exists() else []
        if alerts := [line for line in lines if "ALERT" in line]:
            return str(json.loads(alerts[0])["message"])
        time.sleep(_WORDS_SECONDS / 20)
    return f"see {log}"


def found() -> str | None:
    """Where HAProxy is: it is no user's program, so /usr/sbin may not be on the path."""
    return shutil.which("haproxy", path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin")))


def _keep(process: subprocess.Popen[bytes], path: Path) -> None:
    """Write HAProxy's lines to a log that never grows beyond its bounds, until it ends."""
    assert process.stdout is not None
    path.parent.mkdir(parents=True, exist_ok=True)
    with process, closing(_Log(path, maxBytes=_LOG_BYTES, backupCount=_LOG_FILES)) as handler:
        for line in process.stdout:
            text = line.decode(errors="replace").rstrip()
            if not text.startswith("{"):  # HAProxy on itself; requests come as JSON already
                text = json.dumps({"time": str(round(time.time() * 1000)), "message": text})
            handler.emit(logging.makeLogRecord({"msg": text}))
