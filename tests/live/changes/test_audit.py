"""Audit entries of commands. tests/live/gateway/test_logs.py tests the entries of the start and end of a node."""

import json
import os
import shlex
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from inference import files
from serving import audit, paths
from serving.archives.record import Archive
from serving.node import deployment
from serving.torchserve import keys

from .conftest import served

pytestmark = pytest.mark.usefixtures("restored")


def entries(directory: Path) -> list[dict[str, Any]]:
    file = directory / audit.FILE
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def left(directory: Path, name: str, *words: str) -> list[dict[str, Any]]:
    """Run a command. Return its audit entries, without entries of renewed keys."""
    before = len(entries(directory))
    command = [f"scripts/{name}", f"--directory={directory}", *words]
    subprocess.run(command, cwd=paths.ROOT, check=False, capture_output=True, timeout=240)
    records = [entry for entry in entries(directory)[before:] if entry["action"] != "renew key"]
    for entry in records:
        assert entry["user"] == audit.user()
        assert entry["command"].endswith(shlex.join(command[1:])), entry
        assert entry["process"] != os.getpid()
    return records


def outcomes(records: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(entry["action"], entry["outcome"]) for entry in records]


def test_a_rollout_and_a_rollback_leave_one_entry_of_what_came_of_them(
    node: Path, repacked: Callable[..., Archive]
) -> None:
    live, new = served(node)["modelVersion"], repacked("10.0")
    records = left(node, "rollout", str(new.path), "--images=64", "--factor=50")
    assert outcomes(records) == [("rollout", "begun"), ("rollout", "done")]
    assert {(entry["version"], entry["sha256"]) for entry in records} == {("10.0", new.sha256)}
    assert outcomes(left(node, "rollout", "--rollback")) == [("rollback", "begun"), ("rollback", "done")]
    assert served(node)["modelVersion"] == live


def test_a_rollout_that_is_refused_leaves_the_reason(node: Path, repacked: Callable[..., Archive]) -> None:
    live = served(node)["modelVersion"]
    (_, failed) = left(node, "rollout", str(repacked(live).path), "--images=64")
    assert failed["outcome"] == f"failed: {live} is the live version: package the archive with another --version"


def test_what_changes_nothing_leaves_nothing(node: Path) -> None:
    for name, words in (
        ("rollout", ["--history"]),
        ("rollout", ["--help"]),
        ("rollout", [str(node / "missing.mar")]),
        ("scale", ["0"]),
        ("clients", ["list"]),
        ("clients", ["revoke", "unknown"]),
        ("keys", []),
    ):
        assert left(node, name, *words) == [], name


def test_a_rollback_where_no_server_runs_leaves_one(
    archive: Archive, repacked: Callable[..., Archive], tmp_path: Path
) -> None:
    node = tmp_path / "run"
    deployed = deployment.adopt_build(node, archive)
    deployment.write(node, deployed.after(deployment.add_to_store(node, repacked("10.1"))))
    assert outcomes(left(node, "rollout", "--rollback")) == [("rollback", "begun"), ("rollback", "done")]
    assert deployment.read(node) == deployed, "the next start serves what was before"
    (_, failed) = outcomes(left(node, "rollout", "--rollback"))
    assert failed == (
        "rollback",
        f"failed: nothing older than {archive.version} is left: roll out another archive",
    )


def test_scaling_leaves_one_with_the_workers(node: Path) -> None:
    for workers in (2, 1):
        records = left(node, "scale", str(workers))
        assert outcomes(records) == [("scale", "begun"), ("scale", "done")]
        assert {entry["workers"] for entry in records} == {workers}


def test_a_key_that_has_expired_leaves_one_when_it_is_renewed(node: Path) -> None:
    """scripts/keys renews it, or the supervisor, which needs it as well, or both if they see it at once."""
    file, before = node / keys.FILE, len(entries(node))
    content, old = json.loads(file.read_text()), keys.read(node).management
    ended = datetime.now(UTC) - timedelta(minutes=1)
    content["management"]["expiration time"] = ended.strftime("%Y-%m-%dT%H:%M:%S.000000000Z")
    files.replace_json(file, content, files.PRIVATE)
    left(node, "keys")
    assert keys.read(node).management.value != old.value
    renewed = [entry for entry in entries(node)[before:] if entry.get("key") == "management"]
    assert renewed
    assert {(entry["action"], entry["outcome"], entry["user"]) for entry in renewed} == {
        ("renew key", "done", audit.user())
    }
    assert len({entry["process"] for entry in renewed}) == len(renewed)


def test_client_keys_leave_one_each(node: Path) -> None:
    (added,) = left(node, "clients", "add", "walker")
    (revoked,) = left(node, "clients", "revoke", "walker")
    assert [(entry["action"], entry["outcome"], entry["client"]) for entry in (added, revoked)] == [
        ("add client key", "done", "walker"),
        ("revoke client keys", "done", "walker"),
    ]
    assert revoked["keys"] == 1
