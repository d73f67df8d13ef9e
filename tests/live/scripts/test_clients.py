"""Adding and revoking client keys."""

from pathlib import Path

from serving import paths
from tests.live.commands import errors, run, run_in


def test_a_revoked_client_is_reported(tmp_path: Path) -> None:
    clients = ["scripts/clients", "--directory", str(tmp_path)]
    run([*clients, "add", "me"])
    run([*clients, "add", "me"])
    assert run([*clients, "revoke", "me"]).stdout == "me: 2 keys revoked\n"
    assert errors(run([*clients, "revoke", "me"])) == ["error: unknown client me; scripts/clients list shows all"]


def test_a_key_with_another_rate_changes_those_of_the_client(tmp_path: Path) -> None:
    add = ["scripts/clients", "--directory", str(tmp_path), "add", "shop"]
    assert run([*add, "--rate", "5", "--heavy", "2"]).stderr == ""
    assert run([*add, "--scopes", "predict"]).stderr == ""  # values that are not given stay unchanged
    assert run([*add, "--rate", "9"]).stderr == "all keys of shop have rate 9 from now on; it was 5\n"
    listed = run([*add[:-2], "list"]).stdout.splitlines()
    assert len(listed) == 3
    assert all("9/s  128, 8, 2 at once" in line for line in listed)


def test_a_relative_path_is_one_of_the_caller_s_folder(tmp_path: Path) -> None:
    command = str(paths.ROOT / "scripts" / "clients")
    assert run_in(tmp_path, [command, "--directory", "node", "add", "me"]).returncode == 0
    assert (tmp_path / "node").is_dir()
    assert run([command, "--directory", str(tmp_path / "node"), "list"]).stdout.startswith("me ")
