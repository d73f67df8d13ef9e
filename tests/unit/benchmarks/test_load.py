from dataclasses import replace

import pytest

from benchmarks import bodies
from benchmarks.contender import Dialect, Endpoint
from benchmarks.haproxy import RunningHAProxy
from benchmarks.load import Load, LoadToolError, Measurement, measure, quartiles

_PRINTED = """\
Running 1s test @ http://127.0.0.1:8080/
  2 threads and 8 connections
{"requests":3000,"duration":1500000,"p50":2500,"p90":3000,"p99":10250,"wrong":0,"sample":"",\
"connect":0,"read":0,"write":0,"timeout":0}
"""


def test_the_figures_are_read() -> None:
    measurement = Measurement.parse(_PRINTED)
    assert (measurement.requests, measurement.rate) == (3000, 2000.0)
    assert (measurement.p50, measurement.p90, measurement.p99) == (2.5, 3.0, 10.25)
    assert not measurement.failure


def test_wrong_answers_are_a_failure_and_not_in_the_rate() -> None:
    printed = _PRINTED.replace('"wrong":0,"sample":""', '"wrong":30,"sample":"503 busy"')
    measurement = Measurement.parse(printed)
    assert measurement.rate == 1980.0
    assert measurement.failure == "of 3000 answers 30 wrong, 0 connections failed; the first: 503 busy"


@pytest.mark.parametrize("kind", ["connect", "read", "write", "timeout"])
def test_a_failed_connection_is_a_failure(kind: str) -> None:
    measurement = Measurement.parse(_PRINTED.replace(f'"{kind}":0', f'"{kind}":2'))
    assert measurement.errors == 2
    assert "2 connections failed" in measurement.failure


def test_no_answer_at_all_is_a_failure() -> None:
    assert Measurement.parse(_PRINTED.replace("3000,", "0,")).failure == "no answer at all"


def test_output_without_figures_is_refused() -> None:
    with pytest.raises(LoadToolError, match="unable to connect"):
        Measurement.parse("unable to connect")


def test_real_answers_are_measured_and_checked(haproxy: RunningHAProxy) -> None:
    load = bodies.unchecked(haproxy.endpoint(Dialect.RAW), Dialect.RAW)
    measurement = measure(load, clients=8, seconds=1)
    assert not measurement.failure
    assert measurement.rate > 100
    assert 0 < measurement.p50 <= measurement.p90 <= measurement.p99 < 5000  # milliseconds


def test_every_real_wrong_answer_is_counted(haproxy: RunningHAProxy) -> None:
    load = bodies.unchecked(haproxy.endpoint(Dialect.RAW), Dialect.RAW)
    measurement = measure(replace(load, count=2), clients=2, seconds=1)  # each answer contains the digit once
    assert measurement.wrong == measurement.requests > 0
    assert measurement.rate == 0
    assert measurement.sample.startswith('200 {"digit":7')


def test_a_server_that_does_not_listen_is_an_error(tools: None) -> None:
    endpoint = Endpoint("http://127.0.0.1:9/", {})
    with pytest.raises(LoadToolError, match="unable to connect"):
        measure(Load(endpoint, [b"x"], "7"), clients=1, seconds=1)


def test_one_value_is_each_of_its_quartiles() -> None:
    assert quartiles([0.5]) == [0.5, 0.5, 0.5]
    assert quartiles([1.0, 2.0, 3.0]) == [1.0, 2.0, 3.0]
