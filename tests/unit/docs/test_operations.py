"""Numbers in docs/operations.md, compared with the code."""

import re

from serving import audit, rotation
from serving.node import deployment
from serving.node.watch import Limits
from serving.paths import ROOT
from serving.torchserve import properties, settings
from serving.torchserve.warm_up import SETTING

PAGE = ROOT / "docs" / "operations.md"
ROW = re.compile(r"^\| `(\w+\.log)` \|.*\| ([^|]+) \|$", re.MULTILINE)
FIELDS = re.compile(r"^\| `gateway\.log` \|[^|]*\|([^|]*)\|", re.MULTILINE)
APPENDER = re.compile(r'<RollingFile [^>]*fileName="[^"]*/(\w+\.log)".*?size="([^"]+)".*?max="(\d+)"', re.DOTALL)
PORTS = {  # words of the page -> settings
    "inference": "inference_address",
    "management": "management_address",
    "metrics": "metrics_address",
    "the supervisor's health": "health_address",
    "gRPC inference": "grpc_inference_port",
    "gRPC management": "grpc_management_port",
    "gateway": "gateway_address",
    "the gateway's metrics": "gateway_metrics_address",
}


def text() -> str:
    """Return the page without its line breaks."""
    return " ".join(PAGE.read_text().split())


def limits() -> dict[str, str]:
    """Return the numbers of rotated files in the tables of logs."""
    return dict(ROW.findall(PAGE.read_text()))


def test_as_many_files_are_kept_of_logs_that_are_appended_to() -> None:
    usual, bounds = f"{rotation.FILES} of {rotation.SIZE >> 20} MiB", limits()
    assert {bounds[name] for name in ("gateway.log", "grpc.log", "supervisor.log", "playground.log")} == {usual}
    assert bounds["audit.log"] == f"{audit.FILES} of {rotation.SIZE >> 20} MiB"


def test_as_many_files_are_kept_of_torchserves_logs() -> None:
    """The strategy counts the files before the present one, and compresses them."""
    content = (ROOT / "log4j2.xml").read_text()
    appenders = APPENDER.findall(content)
    assert len(appenders) == 3
    for name, size, before in appenders:
        assert limits()[name] == f"{int(before) + 1} of {size}", name
        assert f'/{name.removesuffix(".log")}.%i.log.gz"' in content


def test_an_entry_of_the_gateways_log_has_these_fields() -> None:
    """The entry has the reason in place of the rule. Only delayed requests have held_ms."""
    config = (ROOT / "serving" / "gateway" / "haproxy.cfg").read_text()
    (line,) = re.findall(r"^ *log-format '(.*)'$", config, re.MULTILINE)
    written = ["reason" if name == "rule" else name for name in re.findall(r'"(\w+)":', line)]
    (cell,) = FIELDS.findall(PAGE.read_text())
    assert re.findall(r"`(\w+)`", cell) == [name for name in written if name != "held_ms"]


def test_ports_are_in_this_order() -> None:
    (words,) = re.findall(r"Their order is: ([^.]+)\.", text())
    moved = settings.ports("18000")
    numbers = [properties.port(moved, PORTS[word]) for word in words.split(", ")]
    assert numbers == list(range(18000, 18008))
    assert "`--ports 18000` uses the ports 18000 to 18007" in text()


def test_the_supervisor_waits_so_long() -> None:
    usual = Limits()
    for sentence in (
        f"reports not ready after {usual.answer:g} s, restarts it after {usual.frozen:g} s",
        f"after pauses of up to {usual.backoff:g} s",
        f"a worker does nothing for {usual.stalled:g} s while requests wait",
    ):
        assert sentence in text()
    assert (usual.unready, usual.lead) == (60, 5 * 60)
    assert "no worker is READY for a minute" in text()
    assert "renews it five minutes before" in text()


def test_ten_archives_are_kept() -> None:
    assert "Ten archives are kept" in text()
    assert deployment.MOST_BEFORE == 10


def test_a_container_warms_up_for_half_as_long() -> None:
    dockerfile = (ROOT / "deploy" / "container" / "Dockerfile").read_text()
    (seconds,) = re.findall(rf'"{SETTING}=([\d.]+)"', dockerfile)
    assert "half as long in a container" in text()
    assert float(seconds) == float(properties.read()[SETTING]) / 2
