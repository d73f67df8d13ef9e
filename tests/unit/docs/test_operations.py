"""The numbers of docs/operations.md, as the code has them."""

import re

from serving import audit, rotation
from serving.paths import ROOT

ROW = re.compile(r"^\| `(\w+\.log)` \|.*\| ([^|]+) \|$", re.MULTILINE)
APPENDER = re.compile(r'<RollingFile [^>]*fileName="[^"]*/(\w+\.log)".*?size="([^"]+)".*?max="(\d+)"', re.DOTALL)


def kept() -> dict[str, str]:
    """Return the numbers of rotated files from the tables of logs."""
    return dict(ROW.findall((ROOT / "docs" / "operations.md").read_text()))


def test_as_many_files_are_kept_of_logs_that_are_appended_to() -> None:
    usual, found = f"{rotation.FILES} of {rotation.SIZE >> 20} MiB", kept()
    assert {found[name] for name in ("gateway.log", "supervisor.log", "playground.log")} == {usual}
    assert found["audit.log"] == f"{audit.FILES} of {rotation.SIZE >> 20} MiB"


def test_as_many_files_are_kept_of_torchserves_logs() -> None:
    """The strategy counts those before the present one."""
    appenders = APPENDER.findall((ROOT / "log4j2.xml").read_text())
    assert len(appenders) == 3
    for name, size, before in appenders:
        assert kept()[name] == f"{int(before) + 1} of {size}", name
