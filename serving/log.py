"""Lines of logs: a JSON object each, with its time in UTC."""

import json
import logging
import sys
from datetime import UTC, datetime


def moment(seconds: float | None = None) -> str:
    """ISO 8601 to the millisecond, of a time since the epoch or of now."""
    time = datetime.now(UTC) if seconds is None else datetime.fromtimestamp(seconds, UTC)
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def message(line: str) -> str:
    """The message of a line, or the line where it is no JSON."""
    try:
        return str(json.loads(line)["message"])
    except (ValueError, KeyError, TypeError):
        return line.strip()


class JsonFormatter(logging.Formatter):
    """Formatter of records as JSON: time, level, message, and traceback if there is one."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {"time": moment(record.created), "level": record.levelname, "message": record.getMessage()}
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry)


def begin(as_json: bool) -> None:
    """Log this process to stderr: as JSON for a file, uncaught exceptions as well, or as text for people."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    if not as_json:
        return
    for handler in logging.getLogger().handlers:
        handler.setFormatter(JsonFormatter())
    logging.captureWarnings(True)
    sys.excepthook = lambda kind, error, trace: logging.critical("ended by an error", exc_info=(kind, error, trace))
