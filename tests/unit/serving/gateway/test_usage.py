"""The account of usage, and the rest of quotas."""

import sqlite3
from pathlib import Path

import pytest

from serving.errors import UserError
from serving.gateway import entries, metering, usage
from serving.gateway.clients import Client
from serving.gateway.usage import Account, Counts

TABLE = "# table: usage, type: string, size:10240, used:1\n0x55: key={} use=0 exp=9 {}\n\n"
TEXT = "answered;shop;iris;3;5;300;400\nanswered;shop;wine;1;1;10;20\naccepted;shop;4\n\n"


@pytest.fixture
def account(tmp_path: Path) -> Account:
    return Account.of(tmp_path)


@pytest.fixture
def day(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the date, which tests may change."""
    dates = ["2026-11-29"]
    monkeypatch.setattr(usage, "today", lambda: dates[0])
    return dates


def counted(requests: int, accepted: int = 0) -> Counts:
    return Counts({("shop", "iris", "table"): (requests, 2 * requests, 10, 20)}, {"shop": accepted} if accepted else {})


def test_counts_of_haproxy_are_read() -> None:
    counts = metering.counts(TEXT)
    assert counts.answered == {("shop", "iris", "lua"): (3, 5, 300, 400), ("shop", "wine", "lua"): (1, 1, 10, 20)}
    assert counts.accepted == {"shop": 4}
    counts = metering.counts(TABLE.format("shop;iris", "gpt0=2 gpt1=300 gpt2=400 gpc0=3") + TEXT)
    assert counts.answered["shop", "iris", "table"] == (3, 5, 300, 400)
    assert metering.counts("\n") == Counts({}, {})


def test_what_is_read_twice_is_counted_once(account: Account, day: list[str]) -> None:
    for requests in (1, 3, 3):
        account.add("one", counted(requests))
        account = Account(account.path)  # as another supervisor does
    assert account.lines() == [("2026-11-29", "shop", "iris", 3, 6, 0, 10, 20)]


def test_another_haproxy_begins_at_zero(account: Account, day: list[str]) -> None:
    account.add("one", counted(3))
    account.add("two", counted(1))
    assert account.lines() == [("2026-11-29", "shop", "iris", 4, 8, 0, 20, 40)]


def test_each_day_has_its_own_lines(account: Account, day: list[str]) -> None:
    account.add("one", counted(3))
    day[0] = "2026-11-30"
    account.add("one", counted(5))
    assert [(line.day, line.requests) for line in account.lines()] == [("2026-11-29", 3), ("2026-11-30", 2)]


def test_errors_are_requests_without_rows(account: Account, day: list[str]) -> None:
    account.add("one", counted(3))
    account.fail({("shop", "iris"): 2, ("shop", "-"): 1})
    assert [line[2:] for line in account.lines()] == [("-", 1, 0, 1, 0, 0), ("iris", 5, 6, 2, 10, 20)]


def test_errors_are_read_from_the_log() -> None:
    line = '{{"time":"t","client":"{}","source":"s","method":"POST","path":"{}","status":{},"rule":"7"}}'
    errors = entries.errors(
        [
            line.format("shop", r"\/predictions\/iris\/1.0", 400),
            line.format("shop", "/v1/models/iris:predict", 429),
            line.format("shop", "/v2/models/wine/infer", 503),
            line.format("shop", "/predictions/invented", 404),
            line.format("shop", "/predictions/iris", 200),
            line.format("shop", "/predictions/iris", 399),
            line.replace("POST", "GET").format("shop", "/v2/models/invented", 503),
            line.format("-", "/predictions/iris", 401),
            "HAProxy starts",
        ]
    )
    assert errors == {("shop", "iris"): 2, ("shop", "wine"): 1, ("shop", "-"): 2}


def test_limits_stay_while_a_process_counts_and_begin_anew_with_the_next(account: Account, day: list[str]) -> None:
    client = Client("shop", per_day=10, per_month=25)
    assert account.limits([client, Client("other")]) == {"shop": "10;25"}
    for accepted in (4, 7):
        account.add("one", counted(accepted, accepted))
        assert account.limits([client]) == {"shop": "10;25"}
    account.add("two", counted(1, 1))
    assert account.limits([client]) == {"shop": "3;18"}
    day[0] = "2026-11-30"
    assert account.limits([client]) == {"shop": "11;18"}
    day[0] = "2026-12-01"
    assert account.limits([client]) == {"shop": "11;26"}


def test_a_damaged_account_is_a_sentence(account: Account) -> None:
    account.path.write_bytes(b"no database" * 1000)
    with pytest.raises(UserError, match="restore it, or move it away"):
        account.lines()
    with pytest.raises(sqlite3.Error):
        account.fail({("shop", "iris"): 1})


def test_nothing_was_counted_yet(account: Account) -> None:
    assert account.lines() == []
    assert not account.path.exists()
