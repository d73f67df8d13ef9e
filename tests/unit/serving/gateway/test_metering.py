"""Intervals at which the counts of a gateway are read."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest

from serving.gateway.gateway import Gateway
from serving.gateway.metering import Meter


@dataclass
class Commands:
    """A gateway that records its commands, and answers each with nothing."""

    directory: Path
    sent: list[str] = field(default_factory=list)

    @property
    def socket(self) -> Path:
        return self.directory / "socket"

    @property
    def clients(self) -> Path:
        return self.directory / "clients.map"

    def command(self, text: str) -> str:
        self.sent.append(text)
        return ""

    def quotas(self, limits: Mapping[str, str]) -> None:
        raise AssertionError(limits)


def test_counts_are_taken_twice_a_second_or_now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    gateway = Commands(tmp_path)
    meter = Meter(cast(Gateway, gateway))
    totals = []
    for now[0] in (1000.0, 1000.4, 1000.5, 1000.9, 1001.0):
        meter.sample()
        totals.append(len(gateway.sent))
    meter.sample(now=True)
    assert (totals, len(gateway.sent)) == ([1, 1, 2, 2, 3], 4)
