"""TorchServe's key file."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from serving.torchserve import keys
from serving.torchserve.keys import Key

# as TorchServe 0.12 writes it
WRITTEN: dict[str, Any] = {
    "management": {"key": "m4n4g3", "expiration time": "2031-05-06T07:08:09.123456789Z"},
    "inference": {"key": "inf3r", "expiration time": "2031-05-06T07:08:09Z"},
    "API": {"key": "4p1"},
}


def written(directory: Path, content: object) -> Path:
    (directory / keys.FILE).write_text(content if isinstance(content, str) else json.dumps(content))
    return directory


def test_the_three_keys(tmp_path: Path) -> None:
    content = keys.read(written(tmp_path, WRITTEN))
    assert (content.inference.value, content.management.value, content.api.value) == ("inf3r", "m4n4g3", "4p1")


def test_when_they_expire_in_utc_to_the_second(tmp_path: Path) -> None:
    content = keys.read(written(tmp_path, WRITTEN))
    moment = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)
    assert (content.inference.expires, content.management.expires, content.api.expires) == (moment, moment, None)


@pytest.mark.parametrize(("seconds", "expired"), [(-3600, True), (-1, True), (60, False), (None, False)])
def test_a_key_expires(seconds: int | None, expired: bool) -> None:
    expires = None if seconds is None else datetime.now(UTC) + timedelta(seconds=seconds)
    assert Key("k", expires).expired is expired


def test_the_header_that_carries_a_key() -> None:
    assert Key("inf3r", None).header == {"Authorization": "Bearer inf3r"}


def test_before_the_server_has_written_them(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        keys.read(tmp_path)


def test_while_the_server_is_writing_them(tmp_path: Path) -> None:
    """The server rewrites the file in place at each renewal."""
    written(tmp_path, "")
    with ThreadPoolExecutor() as pool:
        future = pool.submit(keys.read, tmp_path)
        for end in range(0, len(text := json.dumps(WRITTEN)), 20):
            written(tmp_path, text[:end])
        written(tmp_path, WRITTEN)
        assert future.result().inference.value == "inf3r"


@pytest.mark.parametrize("length", [0, 40])
def test_where_the_server_ended_while_it_wrote_them(tmp_path: Path, length: int) -> None:
    with pytest.raises(ValueError, match=r"."):
        keys.read(written(tmp_path, json.dumps(WRITTEN)[:length]))


@pytest.mark.parametrize("missing", ["management", "inference", "API"])
def test_a_missing_key_is_named(tmp_path: Path, missing: str) -> None:
    content = {name: key for name, key in WRITTEN.items() if name != missing}
    with pytest.raises(ValueError, match=f"{keys.FILE} has no '{missing}'"):
        keys.read(written(tmp_path, content))
