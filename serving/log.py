"""Log lines as JSON objects, with their time in UTC."""

import json
import logging
import sys
from datetime import UTC, datetime


def moment(seconds: float | None = None) -> str:
    """Return a time since the epoch, or the current time, in ISO 8601 with milliseconds."""
    time = datetime.now(UTC) if seconds is None else datetime.fromtimestamp(seconds, UTC)
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def message(line: str) -> str:
    """Return the message of a log line, or the line itself if it is no JSON."""
    try:
        return str(json.loads(line)["message"])
    except (ValueError, KeyError, TypeError):
        return line.strip()


class JsonFormatter(logging.Formatter):
    """Formatter of log records as JSON: time, level, message, and traceback if there is one."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {"time": moment(record.created), "level": record.levelname, "message": record.getMessage()}
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry)


def begin(as_json: bool) -> None:
    """Log this process to stderr: as JSON for files, including uncaught exceptions, or as text for people."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    if not as_json:
        return
    for handler in logging.getLogger().handlers:
        handler.setFormatter(JsonFormatter())
    logging.captureWarnings(True)
    sys.excepthook = lambda kind, error, trace: logging.critical("ended by an error", exc_info=(kind, error, trace))
