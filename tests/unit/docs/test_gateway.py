"""Numbers in docs/gateway.md, compared with the code."""

import re

import pytest

from serving.gateway import quotas
from serving.node import inventory
from serving.paths import ROOT
from serving.torchserve import properties

PAGE = ROOT / "docs" / "gateway.md"
CONFIG = (ROOT / "serving" / "gateway" / "haproxy.cfg").read_text()
ROW = re.compile(r"^\| ([^|]+) \| ([^|]+) \|([^|]*)\|$", re.MULTILINE)


def limits() -> list[tuple[str, str, str]]:
    """Return limited quantity, limit and setting of each row of the table of limits."""
    return ROW.findall(PAGE.read_text().partition("## Limits")[2].partition("*Expensive requests.*")[0])


def numbers(text: str) -> list[int]:
    return [int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*", text)]


def test_limits_that_can_be_set_are_those_of_config_properties() -> None:
    settings, named = properties.read(), []
    for what, limit, setting in limits():
        names = re.findall(r"`(gateway_\w+)`", setting)
        expected = [int(settings[name]) for name in names]
        if names == ["gateway_memory"]:
            expected = [expected[0] >> 10]  # GiB
        assert numbers(limit)[: len(names)] == expected, what
        named += names
    assert set(named) == {
        *(f"gateway_source_{kind}" for kind in ("connections", "connection_rate", "failures", "requests")),
        *(f"gateway_{kind}" for kind in ("body_seconds", "upload_rate", "memory")),
    }


def test_limits_of_a_client_are_those_of_a_new_key() -> None:
    defaults = {
        option: numbers(limit)[0] for _, limit, setting in limits() for option in re.findall(r"--(\w+)", setting)
    }
    assert defaults == {
        "concurrent": quotas.CONCURRENT,
        "explanations": quotas.EXPLANATIONS,
        "heavy": quotas.HEAVY,
    }


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("explanations of large images", "limit of {} concurrent explanations of large images exceeded"),
        ("requests of one client that get a 4xx", "limit of {} refused requests in {} s exceeded"),
        ("expensive requests of one client that get a 4xx", "limit of {} refused expensive requests in {} s exceeded"),
    ],
)
def test_other_limits_are_those_of_haproxy_cfg(row: str, message: str) -> None:
    (limit,) = [limit for what, limit, _ in limits() if what.startswith(row)]
    assert message.format(*numbers(limit)) in CONFIG


def test_the_jvms_memory_is_bounded() -> None:
    (limit,) = [limit for what, limit, _ in limits() if what == "memory of the JVM"]
    heap, bodies = numbers(limit)
    assert f"-Xmx{heap}g" in properties.read()["vmargs"].split()
    assert f"-XX:MaxDirectMemorySize={bodies}m" in properties.read()["vmargs"].split()


def test_long_calls_of_grpc_have_places() -> None:
    text = " ".join(PAGE.read_text().split())
    per_client, size, all_ = re.findall(
        r"may have (\d+) concurrent messages of over (\d+) kB, all clients (\d+)\.", text
    )[0]
    assert f"table_conn_cur(per_long_call) ge {per_client} }}" in CONFIG
    assert f"req.body_size gt {size}000" in CONFIG
    assert f'server long "${{GATEWAY_GRPC}}" weight 0 maxconn {all_}' in CONFIG


def test_metadata_may_be_half_a_second_old() -> None:
    assert "An answer may be half a second old." in PAGE.read_text()
    assert inventory._FRESH == 0.5


def test_small_requests_have_places() -> None:
    (places,) = re.findall(r"At most (\d+) small requests are inside TorchServe at once", PAGE.read_text())
    assert f'server torchserve "${{INFERENCE}}" maxconn {places} ' in CONFIG


def test_visitors_of_the_page_have_limits() -> None:
    text = " ".join(PAGE.read_text().split())
    ((rate, once, all_rate, all_once),) = re.findall(
        r"for each address (\d+) questions a second, (\w+) at once, and (\d+) requests a second, (\d+) at once", text
    )
    assert once == "three"
    for requests, number in ((rate, 3), (all_rate, all_once)):
        assert f"limit of {requests} requests per second or {number} at once exceeded" in CONFIG
