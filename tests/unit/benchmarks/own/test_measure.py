"""The section on own models: figures of each server, and the leads that were reached."""

from typing import Any

import pytest

from benchmarks.own import measure

RATES = {"ours": 900.0, "fastapi": 300.0, "litserve": 100.0, "bentoml": 50.0}


@pytest.fixture
def content() -> dict[str, Any]:
    servers = [
        {
            "name": name,
            "title": name.title(),
            "settings": "2 workers",
            "forms": {"table": "json", "image": "png"},
            "versions": {name: "1.0"},
        }
        for name in RATES
    ]
    figures = [
        {
            "case": case,
            "server": name,
            "clients": clients,
            "rate": rate * clients,
            "low": rate,
            "high": rate,
            "p50": 0.5,
            "p99": 12.34,
        }
        for case in ("table", "image")
        for name, rate in RATES.items()
        for clients in (1, 8, 64)
    ]
    return {
        "machine": {"processor": "a processor", "cores": "2"}, "rounds": 3, "seconds": 5.0, "warm_up": 15.0,
        "cases": {"table": "a table, JSON", "image": "an image, PNG"}, "servers": servers, "figures": figures,
    }  # fmt: skip


def test_each_server_has_a_row_in_each_table(content: dict[str, Any]) -> None:
    text = measure.section(content)
    assert text.startswith("## Own models\n")
    assert "### A table, JSON\n" in text
    assert text.count("| Ours | 900 | 0.50 / 12.3 | 7,200 | 0.50 / 12.3 | 57,600 | 0.50 / 12.3 |") == 2
    assert "| Fastapi | 2 workers | the file as the body | fastapi 1.0 |" in text


def test_leads_are_of_64_clients(content: dict[str, Any]) -> None:
    verdicts = {target.words: target.met for target in measure.targets(content)}
    assert verdicts == {
        "own models, table, 64 clients: 2 x Fastapi": True,
        "own models, table, 64 clients: 10 x Litserve": False,
        "own models, table, 64 clients: 10 x Bentoml": True,
        "own models, image, 64 clients: 2 x Fastapi": True,
    }
