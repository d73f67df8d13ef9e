"""What a run folder serves, and what of it is kept."""

import json
import multiprocessing
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path

import pytest

from model import files
from serving import paths
from serving.archives import record, seal
from serving.archives.admission import RefusedError
from serving.archives.record import Archive
from serving.node import deployment
from serving.node.deployment import STORE, DeploymentError


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., Archive]:
    """An archive with its record: as much of one as a deployment looks at, signed by this machine."""

    def make(version: str, file: str = "digits.mar") -> Archive:
        path = tmp_path / "model_store" / file
        path.parent.mkdir(exist_ok=True)
        manifest = {"model": {"modelName": paths.NAME, "modelVersion": version}}
        path.write_bytes(seal.seal({seal.MANIFEST: json.dumps(manifest).encode()}))
        archive = Archive(path, record.sha256(path.read_bytes()), "inputs", version).signed()
        files.replace(record.record_path(path), archive.record())
        return archive

    return make


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    folder.mkdir()
    return folder


def stored(run: Path) -> list[str]:
    return sorted(file.name for file in (run / STORE).iterdir())


def test_at_first_what_was_built_is_served(run: Path, made: Callable[..., Archive]) -> None:
    assert deployment.read(run) is None
    archive = made("1.0")
    found = deployment.renew(run, archive)
    assert deployment.read(run) == found
    assert (found.current.version, found.previous, found.workers) == ("1.0", None, 1)
    assert stored(run) == [found.current.file, f"{found.current.file}.json"]
    assert deployment.kept(run, found.current) == replace(archive, path=run / STORE / found.current.file)


def test_what_is_served_does_not_change_with_the_file_that_it_came_from(
    run: Path, made: Callable[..., Archive]
) -> None:
    found = deployment.renew(run, made("1.0"))
    before = deployment.kept(run, found.current).path.read_bytes()
    made("1.1")
    assert deployment.kept(run, found.current).path.read_bytes() == before


def test_what_was_rolled_out_stays_until_something_is_built_anew(run: Path, made: Callable[..., Archive]) -> None:
    built = made("1.0")
    first = deployment.renew(run, built)
    rolled = first.after(deployment.keep(run, made("2.0", file="digits-2.0.mar")))
    deployment.write(run, rolled)
    assert deployment.renew(run, built) == rolled
    anew = deployment.renew(run, made("1.1"))
    assert (anew.current.version, anew.previous) == ("1.1", rolled.current)


def test_an_archive_that_was_rolled_out_from_where_it_is_built_is_not_new(
    run: Path, made: Callable[..., Archive]
) -> None:
    first = deployment.renew(run, made("1.0"))
    built = made("2.0")
    rolled = first.after(deployment.keep(run, built))
    deployment.write(run, rolled)
    again = deployment.renew(run, built)
    assert (again.current, again.previous) == (rolled.current, first.current)
    assert again.built == built.sha256


def test_only_what_is_served_and_what_was_before_are_kept(run: Path, made: Callable[..., Archive]) -> None:
    found = deployment.renew(run, made("1.0"))
    for version in ("2.0", "3.0"):
        found = found.after(deployment.keep(run, made(version)))
        deployment.write(run, found)
    assert found.previous
    assert [file for file in stored(run) if file.endswith(".mar")] == [found.previous.file, found.current.file]
    assert len(stored(run)) == 4


def test_the_number_of_workers_stays_with_another_archive(run: Path, made: Callable[..., Archive]) -> None:
    found = replace(deployment.renew(run, made("1.0")), workers=3)
    deployment.write(run, found)
    assert deployment.renew(run, made("1.1")).workers == 3


@pytest.mark.parametrize("version", ["../1.0", "", "1 0", "1" * 33])
def test_a_version_that_no_address_can_name_is_refused(run: Path, made: Callable[..., Archive], version: str) -> None:
    with pytest.raises(DeploymentError, match="is not 1 to 32 of"):
        deployment.keep(run, made(version))
    assert not (run / STORE).exists()


def test_an_archive_that_changed_since_it_was_looked_at_is_not_kept(run: Path, made: Callable[..., Archive]) -> None:
    archive = made("1.0")
    archive.path.write_bytes(archive.path.read_bytes() + b"more")
    with pytest.raises(RefusedError, match="was altered"):
        deployment.keep(run, archive)
    assert stored(run) == []


def test_a_kept_archive_that_was_changed_is_not_served(run: Path, made: Callable[..., Archive]) -> None:
    found = deployment.renew(run, made("1.0"))
    path = run / STORE / found.current.file
    path.write_bytes(path.read_bytes() + b"more")
    with pytest.raises(RefusedError, match="was altered"):
        deployment.launch(run)


def test_nor_is_another_that_was_put_in_its_place(run: Path, made: Callable[..., Archive]) -> None:
    found = deployment.renew(run, made("1.0"))
    path, other = run / STORE / found.current.file, made("1.1")
    path.write_bytes(other.path.read_bytes())
    record.record_path(path).write_bytes(other.record())
    with pytest.raises(RefusedError, match="is another archive than was deployed"):
        deployment.launch(run)


def test_one_change_at_a_time_and_the_lock_of_a_killed_one_is_gone(run: Path) -> None:
    other, _ours = changer(run)
    with (
        pytest.raises(DeploymentError, match=r"process \d+ starts, stops or changes the node"),
        deployment.changing(run),
    ):
        pass
    other.kill()
    other.join(10)
    with deployment.changing(run):
        pass


def test_who_waits_for_a_change_is_told_of_whom(run: Path) -> None:
    other, ours = changer(run)
    told = []

    def wait(what: str) -> None:
        told.append(what)
        ours.send("go on")

    with deployment.changing(run, wait):
        other.join(10)
        assert other.exitcode == 0
    assert told == [f"process {other.pid} starts, stops or changes the node in {run}; waiting for it"]


def changer(run: Path) -> tuple[SpawnProcess, Connection]:
    """Return another process that changes the folder until it is sent something, and where to send it."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    other = context.Process(target=change, args=(run, theirs), daemon=True)  # ends with the test's process at last
    other.start()
    assert ours.poll(60)
    assert ours.recv() == "changing"
    return other, ours


def change(run: Path, pipe: Connection) -> None:
    with deployment.changing(run):
        pipe.send("changing")
        pipe.recv()
