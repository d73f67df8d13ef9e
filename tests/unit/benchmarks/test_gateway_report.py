import pytest

from benchmarks import h2load
from benchmarks.gateway_report import ratios, report
from benchmarks.load import LoadToolError

_PARTS = {"clients": 10.0, "gateway": 20.0, "jvm": 30.0, "worker": 40.0}
_ROUNDS = {
    "direct": [{"rate": 1000.0, **_PARTS}, {"rate": 2000.0, **_PARTS}],
    "bare HAProxy": [{"rate": 950.0, **_PARTS}, {"rate": 1900.0, **_PARTS}],
    "gateway": [{"rate": 900.0, **_PARTS}, {"rate": 1800.0, **_PARTS}],
    "direct, TLS": [{"rate": 900.0, **_PARTS}, {"rate": 900.0, **_PARTS}],
    "gateway, TLS": [{"rate": 800.0, **_PARTS}, {"rate": 1600.0, **_PARTS}],
}


def test_a_round_is_held_against_the_one_beside_it() -> None:
    assert ratios(_ROUNDS, "gateway", "direct") == [0.9, 0.9]


def test_what_is_missed_is_said() -> None:
    content = {"starts": 2, "rounds": {"bare": _ROUNDS}, "machine": {"cores": "2", "processor": "fast"}}
    text = report({**content, "versions": {"wrk": "4.1"}}).replace("\n", " ")
    assert "the median of 2 rounds" in text
    assert "started 2 times" in text
    assert "| no TLS | 0.90 (0.90 to 0.90) |" in text
    assert "Met: no TLS, bare clients; TLS of the gateway against TLS of TorchServe, bare clients." in text
    assert "**Missed**: TLS of the gateway against no TLS, bare clients." in text
    assert "| bare | direct | 1,500 | 10.0 | 20.0 | 30.0 | 40.0 | 100.0 |" in text


def test_of_h2load_only_200s_count() -> None:
    assert h2load.answers("status codes: 1392 2xx, 0 3xx, 0 4xx, 0 5xx\n") == 1392
    with pytest.raises(LoadToolError, match="1 5xx"):
        h2load.answers("status codes: 1392 2xx, 0 3xx, 0 4xx, 1 5xx\n")
    with pytest.raises(LoadToolError, match="no figures"):
        h2load.answers("")
