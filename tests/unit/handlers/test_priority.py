"""A worker that explains gives way."""

import os

import pytest

from handlers.priority import NICE, give_way


@pytest.mark.parametrize(("registered", "nicer"), [("digits", []), ("explainer", [NICE])])
def test_only_another_registration_of_the_archive_is_nicer(
    monkeypatch: pytest.MonkeyPatch, registered: str, nicer: list[int]
) -> None:
    called: list[int] = []
    monkeypatch.setattr(os, "nice", called.append)  # a process cannot take it back
    assert give_way(registered, "digits") is bool(nicer)
    assert called == nicer
