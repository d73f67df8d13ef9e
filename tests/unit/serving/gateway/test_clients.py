"""Clients of the gateway: keys are shown once, and the file is written whole or not at all."""

import hashlib
import os
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from serving.gateway import clients
from serving.gateway.clients import Client
from serving.gateway.usage import Account


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "gateway" / "clients.map"


def test_a_key_is_found_by_its_hash_and_stands_nowhere(file: Path) -> None:
    client = Client("shop", ("predict",), 50, clients.in_days(2))
    key = clients.add(file, client)
    assert clients.read(file) == {hashlib.sha256(key.encode()).hexdigest().upper(): client}
    assert key not in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(key) > 40  # 32 random bytes


def test_the_file_is_private_before_it_is_in_its_place(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modes: list[int] = []
    replace = Path.replace

    def record(path: Path, target: Path) -> Path:
        modes.append(stat.S_IMODE(path.stat().st_mode))
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", record)
    before = os.umask(0)
    try:
        clients.add(file, Client("shop"))
        clients.revoke(file, "shop")
    finally:
        os.umask(before)
    assert modes == [0o600, 0o600]
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in (file.parent, *file.parent.iterdir())} == {
        "gateway": 0o700,
        "clients.map": 0o600,
        "clients.map.lock": 0o600,
    }


def test_a_client_may_have_two_keys_and_loses_both(file: Path) -> None:
    for name in ("shop", "shop", "other", "zoo"):
        clients.add(file, Client(name, expires=clients.in_days(1)))
    assert clients.revoke(file, "shop") == 2
    assert [client.name for client in clients.read(file).values()] == ["other", "zoo"]
    assert clients.revoke(file, "shop") == 0


def test_an_entry_reads_back() -> None:
    client = Client("a.b@c-d_e", ("predict", "explain"), 7, 1234, concurrent=5, explanations=6, heavy=1)
    assert client.entry == "a.b@c-d_e;predict,explain;7;1234;5;6;1"
    assert Client.of(client.entry) == client


def test_a_file_that_is_there_is_left_alone(file: Path) -> None:
    clients.add(file, Client("shop"))
    file.chmod(0o400)
    written = file.stat()
    clients.make(file)
    assert (file.stat().st_mtime_ns, file.stat().st_ino) == (written.st_mtime_ns, written.st_ino)


def test_a_missing_file_is_made_private(file: Path) -> None:
    clients.make(file)
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("", 0o600)


def test_expiry() -> None:
    assert Client("late", expires=int(time.time()) - 1).expired
    assert not Client("early", expires=clients.in_days(1)).expired


def test_a_key_is_good_until_its_last_second_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 1000.0)
    assert [Client("a", expires=at).expired for at in (999, 1000, 1001)] == [True, True, False]


def test_the_least_limits_are_one_and_a_quota_may_be_none() -> None:
    client = Client("a", rate=1, concurrent=1, explanations=1, heavy=1, per_day=0, per_month=0)
    assert Client.of(client.entry) == client
    assert len(Client("x" * 64).name) == 64


def test_a_day_has_24_hours() -> None:
    assert clients.in_days(1.5) - time.time() == pytest.approx(36 * 60 * 60, abs=5)
    assert clients.in_days(0) - time.time() == pytest.approx(0, abs=5)


@pytest.mark.parametrize("name", ["", "a b", "a;b", "a\nb", "ü", "x" * 65])
def test_names_that_would_break_the_file_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        Client(name)


def test_scopes_and_rates_are_checked() -> None:
    with pytest.raises(ValueError, match="manage"):
        Client("a", ("predict", "manage"))
    with pytest.raises(ValueError, match="none"):
        Client("a", ())
    with pytest.raises(ValueError, match="not 0"):
        Client("a", rate=0)
    for limit in ("concurrent", "explanations", "heavy"):
        with pytest.raises(ValueError, match=f"{limit} is at least 1 request at once, not 0"):
            Client("a", **{limit: 0})  # type: ignore[arg-type]


@pytest.mark.parametrize("line", ["nonsense", "AB a;predict;x;1", "AB a;predict;1", "AB a;fly;1;1"])
def test_a_line_that_is_no_client_is_named(file: Path, line: str) -> None:
    file.parent.mkdir()
    file.write_text(f"# a comment\n\n{line}\n")
    with pytest.raises(ValueError, match=r"clients\.map has an invalid line"):
        clients.read(file)


@pytest.mark.parametrize("fields", [3, 4, 5, 6, 9, 11])
def test_an_entry_with_another_number_of_fields_is_refused(fields: int) -> None:
    with pytest.raises(ValueError, match=f"an entry has 7, 8 or 10 fields, not {fields}$"):
        Client.of(";".join(["a", "predict", *["1"] * (fields - 2)]))


def test_no_file_is_nobody(file: Path) -> None:
    assert clients.read(file) == {}


def test_nobody_is_lost_when_many_add_at_once(file: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda index: clients.add(file, Client(f"client-{index}")), range(40)))
    assert len(clients.read(file)) == 40


def test_the_limits_of_the_newest_key_are_those_of_all_keys_of_a_client(file: Path) -> None:
    """Requests of all keys are counted together, so a lower limit of one key would refuse those of another."""
    until = clients.in_days(1)
    clients.add(file, Client("shop", ("predict",), 50, until, concurrent=9))
    clients.add(file, Client("other", rate=7, expires=until))
    clients.add(file, Client("shop", ("explain",), 20, until + 1, concurrent=3))
    first, other, second = clients.read(file).values()
    assert (first.rate, first.concurrent, second.rate, second.concurrent) == (20, 3, 20, 3)
    assert (first.scopes, first.expires) == (("predict",), until)
    assert other.rate == 7


def test_a_key_that_opens_some_models_has_their_paths(file: Path) -> None:
    key = clients.add(file, Client("shop", models=("iris", "digits")))
    clients.add(file, Client("all"))
    digest = hashlib.sha256(key.encode()).hexdigest().upper()
    registered = clients.read(file)
    assert [client.models for client in registered.values()] == [("iris", "digits"), ()]
    expected = {
        f"{path}/{digest}"
        for name in ("iris", "digits")
        for path in (
            f"predictions/{name}",
            f"explanations/{name}",
            f"/v1/models/{name}:predict",
            f"/v2/models/{name}/infer",
        )
    }
    assert clients.allowed(registered) == dict.fromkeys(expected, "1")


@pytest.mark.parametrize("name", ["", "a b", "a;b", "-a", "a/b"])
def test_a_name_that_no_model_has_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="a model's name is 1 to 64 of a-z A-Z 0-9"):
        Client("shop", models=("iris", name))


def test_quotas_are_fields_of_an_entry() -> None:
    for client in (
        Client("a", per_day=5),
        Client("a", per_month=7, models=("iris",)),
        Client("a", models=("iris", "wine")),
        Client("a"),
    ):
        assert Client.of(client.entry) == client
    assert Client("a", per_day=5).entry.endswith(";128;8;2;;5;0")
    with pytest.raises(ValueError, match="a quota is at least 0 requests, not -1"):
        Client("a", per_day=-1)


def test_a_further_key_without_quotas_takes_those_of_the_client_away(file: Path) -> None:
    clients.add(file, Client("shop", per_day=10, per_month=100))
    clients.add(file, Client("shop", per_day=0, per_month=0))
    assert [(client.per_day, client.per_month) for client in clients.read(file).values()] == [(0, 0), (0, 0)]
    assert Account.of(file.parent).limits(clients.read(file).values()) == {}
