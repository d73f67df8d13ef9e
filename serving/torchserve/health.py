"""Counts of TorchServe's answers and errors."""

import re

import httpx

from serving.torchserve import properties
from serving.torchserve.management import PLAIN
from serving.torchserve.server import Server

_COUNTER = re.compile(r"^Requests([245])XX\{[^}]*\} ([\d.]+)$", re.MULTILINE)


def answered(running: Server) -> tuple[int, int]:
    """Return the numbers of answers since TorchServe's start, of every version: all, and those of 5xx.

    Raises httpx.HTTPError if the metrics port does not answer.
    """
    address = properties.read(running.directory / "config.properties")["metrics_address"]
    page = httpx.get(f"{address}/metrics", timeout=5, trust_env=False, verify=PLAIN).raise_for_status().text
    counted = {kind: int(float(number)) for kind, number in _COUNTER.findall(page)}
    return sum(counted.values()), counted.get("5", 0)
