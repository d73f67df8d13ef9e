"""Pauses between starts."""

import time

import pytest

from serving.node.backoff import Backoff


def test_pauses_double_up_to_the_longest_and_are_forgotten_after_a_steady_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    backoff = Backoff(longest=5, steady=60)
    pauses = []
    for _ in range(6):
        begin = now
        while not backoff.due:
            now += 0.5
        pauses.append(now - begin)
        backoff.started()
    assert pauses == [0, 0, 1, 2, 4, 5]
    now += 70
    assert backoff.due
    backoff.started()
    assert backoff.due
