"""Lines of logs."""

import json
import logging
import subprocess
import sys

from serving import log, paths


def test_a_moment_is_utc_to_the_millisecond() -> None:
    assert log.moment(1.5) == "1970-01-01T00:00:01.500Z"


def test_the_message_of_a_line() -> None:
    assert log.message('{"message":"it ended"}') == "it ended"
    assert log.message(" plain text\n") == "plain text"
    assert log.message('["message"]') == '["message"]'
    assert log.message('{"level":"INFO"}') == '{"level":"INFO"}'


def test_a_record_is_one_line() -> None:
    record = logging.LogRecord("x", logging.WARNING, "file", 1, "two\n%s", ("lines",), None)
    line = log.JsonFormatter().format(record)
    assert "\n" not in line
    entry = json.loads(line)
    assert entry.pop("time") == log.moment(record.created)
    assert entry == {"level": "WARNING", "message": "two\nlines"}


def _stderr(program: str) -> list[str]:
    command = [sys.executable, "-c", f"from serving import log\nimport logging, warnings\n{program}"]
    completed = subprocess.run(command, cwd=paths.ROOT, capture_output=True, text=True, check=False, timeout=60)
    return completed.stderr.splitlines()


def test_all_that_a_process_says_is_json() -> None:
    printed = _stderr("log.begin(True); logging.info('one'); warnings.warn('two'); raise ValueError('three')")
    entries = [json.loads(line) for line in printed]
    assert [entry["level"] for entry in entries] == ["INFO", "WARNING", "CRITICAL"]
    assert entries[0]["message"] == "one"
    assert "two" in entries[1]["message"]
    assert "ValueError: three" in entries[2]["exception"]


def test_people_get_text() -> None:
    (line,) = _stderr("log.begin(False); logging.info('one')")
    assert line.endswith(" INFO one")
