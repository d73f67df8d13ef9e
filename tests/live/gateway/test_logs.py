"""Log lines of a node that the scripts started, used, scaled and stopped."""

import json
import re
import ssl
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from serving import audit, paths
from serving.gateway import gateway, haproxy
from tests.live.commands import begin, block, ended, whole_copy
from tests.live.conftest import until

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
TEXT = ("console.log",)  # the output of a JVM before its logging starts; docs/operations.md describes it
FIELDS = {
    "supervisor.log": {"time", "level", "message"},
    "ts_log.log": {"time", "level", "thread", "logger", "message", "exception"},
    "model_log.log": {"time", "level", "thread", "logger", "message", "exception"},
    "audit.log": {"time", "user", "command", "process", "action", "outcome"},
}
REQUEST = {"time", "request_id", "client", "source", "method", "path", "status", "reason", "bytes", "ended"}
REFUSED = {  # by request id: status, client and reason
    "without": (401, "-", "missing API key"),
    "unknown": (401, "-", "unknown API key"),
    "late": (401, "late", "expired API key"),
    "scope": (403, "narrow", "API key without the scope explain"),
    "rate": (429, "narrow", "rate limit of …/s exceeded for this API key"),
}


def run(script: str, directory: Path, *words: str) -> str:
    command = [str(paths.ROOT / "scripts" / script), "--directory", str(directory), *words]
    completed = subprocess.run(command, cwd=paths.ROOT, capture_output=True, text=True, check=False, timeout=240)
    assert completed.returncode == 0, completed
    return completed.stdout


def refusals(directory: Path) -> list[dict[str, Any]]:
    log = directory / "logs" / "gateway.log"
    return [entry for line in log.read_text().splitlines() if "request_id" in (entry := json.loads(line))]


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the run folder of a node that was used and has ended."""
    if not haproxy.find():
        pytest.skip("no HAProxy: scripts/test installs it where apt-get may")
    directory = tmp_path_factory.mktemp("logs") / "run"
    try:
        copy = whole_copy(tmp_path_factory.mktemp("repository"))
        ended(begin(directory, "--gateway", "--ports", str(block()), root=copy))
        narrow = run("clients", directory, "add", "narrow", "--scopes", "predict", "--rate", "1").strip()
        late = run("clients", directory, "add", "late", "--days", "0.0000001").strip()
        ask(directory, narrow, late)
        run("scale", directory, "2")
        run("scale", directory, "1")
        run("clients", directory, "revoke", "narrow")
    finally:
        run("down", directory)
    return directory


def ask(directory: Path, narrow: str, late: str) -> None:
    """Send requests that are answered by 200, 401, 403 and 429."""
    door = gateway.find(directory)
    assert door
    trust, image = ssl.create_default_context(cafile=str(door.certificate)), directory / "samples" / "seven.png"
    with httpx.Client(base_url=door.url, verify=trust, trust_env=False, timeout=60) as http:

        def post(request_id: str, key: str | None, path: str = "/predictions/digits") -> int:
            headers = {"X-Request-Id": request_id} | ({"Authorization": f"Bearer {key}"} if key else {})
            return http.post(path, content=image.read_bytes(), headers=headers).status_code

        until(lambda: post("good", narrow) == 200, 10)
        until(lambda: post("rate", narrow) == 429, 10)
        until(lambda: post("scope", narrow, "/explanations/digits") == 403, 10)
        assert [post("without", None), post("unknown", "nobody"), post("late", late)] == [401, 401, 401]
    until(lambda: "late" in {entry["request_id"] for entry in refusals(directory)}, 10)


def entries(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text().splitlines()]


def logs(directory: Path) -> list[Path]:
    return [*sorted((directory / "logs").iterdir()), directory / audit.FILE]


def test_every_file_is_documented(used: Path) -> None:
    text = (paths.ROOT / "docs" / "operations.md").read_text()
    names = {path.name for path in logs(used)}
    assert names >= {"console.log", "gateway.log", *FIELDS}
    assert [name for name in names if f"| `{name}` |" not in text] == []


def test_every_line_is_json_with_a_time(used: Path) -> None:
    for log in (path for path in logs(used) if path.name not in TEXT):
        records = entries(log)
        assert records, log
        for entry in records:
            assert TIME.fullmatch(entry["time"]), (log, entry)
            age = datetime.now(UTC) - datetime.fromisoformat(entry["time"])
            assert timedelta() < age < timedelta(minutes=10), (log, entry)
            expected = FIELDS.get(log.name) or (REQUEST if "request_id" in entry else {"time", "level", "message"})
            assert set(entry) >= expected, (log, entry)


def test_refusals_have_client_and_reason(used: Path) -> None:
    by_id = {entry["request_id"]: entry for entry in refusals(used)}
    assert "good" not in by_id or by_id["good"]["status"] == 429
    for request_id, expected in REFUSED.items():
        entry = by_id[request_id]
        assert (entry["status"], entry["client"], entry["reason"]) == expected
        assert entry["source"] == "127.0.0.1"


def test_a_normal_start_and_stop_raise_no_alarm(used: Path) -> None:
    for log in (path for path in logs(used) if path.name not in TEXT):
        levels = {entry.get("level") for entry in entries(log)}
        assert not levels & {"ALERT", "ERROR", "CRITICAL", "FATAL"}, log
        assert "[ALERT]" not in log.read_text()


def test_nothing_is_logged_twice(used: Path) -> None:
    for log in (path for path in logs(used) if path.name not in TEXT):
        lines = [json.dumps({name: entry[name] for name in sorted(entry)}) for entry in entries(log)]
        assert len(lines) == len(set(lines)), log
        messages = [(e["time"][:19], e["message"].replace("'", "")) for e in entries(log) if "level" in e]
        if log.name in ("gateway.log", "supervisor.log"):
            assert len(messages) == len(set(messages)), log
    parts = [entry["message"] for entry in entries(used / "logs" / "gateway.log") if "level" in entry]
    assert sum("HAProxy ended with status 0" in message for message in parts) == 1
    assert not [message for message in parts if " via " in message or message.startswith("Proxy ")]


def test_the_console_has_a_few_lines_and_no_stacks(used: Path) -> None:
    text = (used / "logs" / "console.log").read_text()
    assert "Model server started." in text
    assert "Full thread dump" not in text
    assert "\tat " not in text
    assert len(text) < 4096


def test_the_audit_has_each_change_with_user_and_command(used: Path) -> None:
    records = entries(used / audit.FILE)
    assert {entry["user"] for entry in records} == {audit.user()}
    commands = {entry["action"]: entry["command"].split()[0] for entry in records if entry["action"] != "renew key"}
    assert commands == {
        "start": "scripts/up",
        "serve": "scripts/serve",
        "add client key": "scripts/clients",
        "scale": "scripts/scale",
        "revoke client keys": "scripts/clients",
        "stop": "scripts/down",
    }
    outcomes = [(entry["action"], entry["outcome"]) for entry in records if entry["action"] != "renew key"]
    for action, times in (("start", 1), ("serve", 1), ("stop", 1), ("scale", 2)):
        assert [outcome for name, outcome in outcomes if name == action] == ["begun", "done"] * times, action
    assert [entry["workers"] for entry in records if entry["action"] == "scale"] == [2, 2, 1, 1]
    assert outcomes.count(("add client key", "done")) == 2
    assert outcomes.count(("revoke client keys", "done")) == 1
    assert [entry["client"] for entry in records if entry["action"] == "add client key"] == ["narrow", "late"]
    assert (records[0]["action"], records[-1]["action"], records[-1]["outcome"]) == ("start", "stop", "done")
    assert (used / audit.FILE).stat().st_mode & 0o777 == 0o600
