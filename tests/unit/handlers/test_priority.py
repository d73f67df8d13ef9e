"""Lower priority of workers that explain."""

import os

import pytest

from handlers.priority import NICE, lower_priority_if_explainer


@pytest.mark.parametrize(("registered", "nicer"), [("digits", []), ("explainer", [NICE])])
def test_only_another_registration_of_the_archive_is_nicer(
    monkeypatch: pytest.MonkeyPatch, registered: str, nicer: list[int]
) -> None:
    called: list[int] = []
    monkeypatch.setattr(os, "nice", called.append)  # a process cannot take it back
    assert lower_priority_if_explainer(registered, "digits") is bool(nicer)
    assert called == nicer
