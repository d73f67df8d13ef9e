"""Ownership of a run folder: it belongs to the user that serves from it."""

import os
import pwd
import sys
from pathlib import Path

import pytest

from serving.errors import UserError
from serving.node import folder


def test_an_own_folder_and_one_that_is_not_there_will_do(tmp_path: Path) -> None:
    folder.check(tmp_path, "scripts/up")
    folder.check(tmp_path / "new", "scripts/up")


def test_what_is_no_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(UserError, match=r"is not a folder: name one with --directory"):
            folder.check(path, "scripts/up")


def test_another_users_folder_is_refused_with_a_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = pwd.getpwuid(os.geteuid()).pw_name
    monkeypatch.setattr(sys, "argv", ["up", "--port", "a b"])
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)
    with pytest.raises(UserError, match=f"the user {owner}: run sudo -u {owner} scripts/up --port 'a b'$"):
        folder.check(tmp_path, "scripts/up")


def test_a_user_without_a_name_has_a_number() -> None:
    assert folder._name(os.geteuid()) == pwd.getpwuid(os.geteuid()).pw_name
    assert folder._name(2**31 - 5) == f"#{2**31 - 5}"
