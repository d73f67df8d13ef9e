"""Counts of TorchServe's answers and errors."""

import re
from dataclasses import dataclass
from typing import Self

import httpx

from serving.torchserve import properties
from serving.torchserve.management import PLAIN
from serving.torchserve.server import Server

_COUNTER = re.compile(r"^Requests([245])XX\{[^}]*\} ([\d.]+)$", re.MULTILINE)


@dataclass(frozen=True)
class ResponseCounts:
    """Number of answers since TorchServe's start, in total and with status 5xx, of all versions."""

    total: int
    failed: int

    def __sub__(self, before: Self) -> "ResponseCounts":
        return ResponseCounts(self.total - before.total, self.failed - before.failed)


def answered(running: Server) -> ResponseCounts:
    """Return the counts from the metrics port. Raises httpx.HTTPError if it does not answer."""
    address = properties.read(running.directory / "config.properties")["metrics_address"]
    page = httpx.get(f"{address}/metrics", timeout=5, trust_env=False, verify=PLAIN).raise_for_status().text
    counted = {kind: int(float(number)) for kind, number in _COUNTER.findall(page)}
    return ResponseCounts(sum(counted.values()), counted.get("5", 0))
