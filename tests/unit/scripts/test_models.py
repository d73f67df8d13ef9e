"""The list of the models of a node and their states."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scripts.commands import models as command
from serving.node import deployment, models
from serving.torchserve import server
from tests.unit.serving import fake_torchserve
from tests.unit.serving.fake_torchserve import STARTING, Fake


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[Fake]:
    with fake_torchserve.fake(tmp_path / "run") as torchserve:
        served = deployment.adopt_build(
            torchserve.server.directory, fake_torchserve.archive(tmp_path / "digits.mar", "1.0")
        )
        torchserve.serve("1.0", served.current.file)
        server.remember(torchserve.server)
        yield torchserve


@pytest.fixture
def states(fake: Fake, capsys: pytest.CaptureFixture[str]) -> Callable[..., list[list[str]]]:
    """Return the lines of the command: name, READY workers, and the rest from the state on."""

    def show(running: bool = True) -> list[list[str]]:
        command.show(fake.server.directory, fake.server if running else None)
        head, *lines = capsys.readouterr().out.splitlines()
        assert head.split() == ["MODEL", "VERSION", "WORKERS", "STATE", "ARCHIVE", "SHA256"]
        return [[name, *rest] for name, _, *rest in (line.split(maxsplit=3) for line in lines)]

    return show


def test_a_model_is_ready_once_all_its_workers_are(fake: Fake, states: Callable[..., list[list[str]]]) -> None:
    deployed = deployment.read(fake.server.directory)
    assert deployed
    rest = f"{deployed.current.file}  {deployed.current.sha256}"
    assert states() == [["digits", "1/1", f"READY  {rest}"]]
    fake.models["digits"]["1.0"].workers[0]["status"] = STARTING
    assert states() == [["digits", "0/1", f"starting  {rest}"]]
    fake.models.clear()
    assert states() == [["digits", "0/1", f"starting  {rest}"]]
    assert states(running=False) == [["digits", "1/1", f"stopped  {rest}"]]


def test_one_that_did_not_load_has_failed(fake: Fake, states: Callable[..., list[list[str]]]) -> None:
    models.note(fake.server.directory, {"digits": "no memory"})
    ((name, workers, rest),) = states()
    assert (name, workers, rest.split()[0]) == ("digits", "0/1", "failed")


def test_one_that_the_management_api_registered_is_there_by_hand(
    fake: Fake, states: Callable[..., list[list[str]]]
) -> None:
    fake.models["iris"], fake.defaults["iris"] = fake.models["digits"], "1.0"
    assert [(name, rest.split("  ")[0]) for name, _, rest in states()] == [("digits", "READY"), ("iris", "by hand")]
    assert [route.name for route in models.routes(fake.server.directory)] == ["digits"]
