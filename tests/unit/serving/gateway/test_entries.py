"""Entries of the gateway's log."""

import json
import re
from datetime import datetime
from typing import Any

import pytest

from serving import paths
from serving.gateway import entries
from serving.gateway.entries import Entries

GATEWAY = paths.ROOT / "serving" / "gateway" / "haproxy.cfg"


@pytest.fixture
def log() -> Entries:
    return Entries(GATEWAY)


def read(line: str | None) -> dict[str, Any]:
    assert line is not None
    content: dict[str, Any] = json.loads(line)
    return content


def numbered(words: str) -> list[int]:
    """Return the lines of haproxy.cfg that contain these words."""
    return [number for number, line in enumerate(GATEWAY.read_text().splitlines(), 1) if words in line]


def test_a_refusal_has_the_message_that_its_client_got(log: Entries) -> None:
    (line,) = numbered('"message":"unknown API key"')
    entry = read(log.of(f'{{"client":"-","status":401,"rule":"{line}","bytes":3}}'))
    assert entry == {"client": "-", "status": 401, "reason": "unknown API key", "bytes": 3}


def test_an_answer_kept_in_a_variable_is_a_reason_as_well(log: Entries) -> None:
    for line in numbered('return status 503 content-type application/json string "${NO_WORKER}"'):
        assert read(log.of(f'{{"rule":"{line}"}}')) == {"reason": "all workers are busy"}


@pytest.mark.parametrize("rule", ["-", "1", "999999"])
def test_what_no_rule_refused_has_no_reason(log: Entries, rule: str) -> None:
    assert read(log.of(f'{{"rule":"{rule}"}}')) == {"reason": ""}


def test_every_refusal_of_haproxy_cfg_has_a_reason(log: Entries) -> None:
    refusals = [*numbered(" status 401 "), *numbered(" status 403 "), *numbered(" status 429 ")]
    assert len(refusals) > 10
    for line in refusals:
        assert read(log.of(f'{{"rule":"{line}"}}'))["reason"], line


def test_what_haproxy_says_of_itself_has_time_and_level(log: Entries) -> None:
    entry = read(log.of("[WARNING]  (26716) : Server readiness/supervisor is DOWN."))
    assert (entry["level"], entry["message"]) == ("WARNING", "Server readiness/supervisor is DOWN.")
    assert datetime.fromisoformat(entry["time"]).utcoffset() is not None


def test_what_is_printed_twice_is_one_entry(log: Entries) -> None:
    message = "Server predictions/torchserve is DOWN, reason: Layer7 wrong status."
    printed = [f"[WARNING]  (1) : {message}", message, f"[WARNING]  (1) : {message}", message, message]
    assert [log.of(line) is not None for line in printed] == [True, False, True, False, True]


def test_quotes_make_no_other_message(log: Entries) -> None:
    assert log.of("[ALERT]    (1) : sendmsg() of 'x' failed") is not None
    assert log.of("sendmsg() of x failed") is None


@pytest.mark.parametrize(
    "line",
    [
        "[ALERT]    (1) : backend 'again' has no server available!",
        "backend again has no server available!",
        "[WARNING]  (1) : Server uploads/heavy is DOWN via predictions/torchserve. 1 active.",
        "[WARNING]  (1) : Proxy gateway stopped (cumulated conns: FE: 8, BE: 0).",
        "  - Pool buffer (16384 bytes) : 3 allocated",
        "",
    ],
)
def test_what_follows_from_another_entry_has_none(log: Entries, line: str) -> None:
    assert log.of(line) is None


def test_an_own_entry_is_of_this_moment() -> None:
    entry = json.loads(entries.own("HAProxy ended", "ERROR"))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", entry["time"])
    assert abs((datetime.fromisoformat(entry["time"]) - datetime.now().astimezone()).total_seconds()) < 5
    assert (entry["level"], entry["message"]) == ("ERROR", "HAProxy ended")


def test_few_messages_wait_for_their_second_print(log: Entries) -> None:
    for number in range(10_000):
        log.of(f"[NOTICE]   (1) : message {number}")
    assert len(log._twins) < 100
