"""Deployment of a run folder, and its stored archives."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from model import SPEC
from serving import paths
from serving.archives import record
from serving.archives.admission import RefusedError
from serving.archives.record import Archive
from serving.node import deployment
from serving.node.deployment import Deployment, DeploymentError
from serving.state import StateError
from serving.torchserve import registrations

from .conftest import stored


def test_at_first_what_was_built_is_served(run: Path, build: Callable[..., Archive]) -> None:
    assert deployment.read(run) is None
    archive = build("1.0")
    deployed = deployment.adopt_build(run, archive)
    assert deployment.read(run) == deployed
    assert (deployed.current.version, deployed.before, deployed.workers) == ("1.0", (), 1)
    assert stored(run) == [deployed.current.file, f"{deployed.current.file}.json"]
    expected = replace(archive, path=deployment.store(run) / deployed.current.file)
    assert deployment.load_from_store(run, deployed.current) == expected


def test_what_is_served_does_not_change_with_the_file_that_it_came_from(
    run: Path, build: Callable[..., Archive]
) -> None:
    deployed = deployment.adopt_build(run, build("1.0"))
    before = deployment.load_from_store(run, deployed.current).path.read_bytes()
    build("1.1")
    assert deployment.load_from_store(run, deployed.current).path.read_bytes() == before


def test_what_was_rolled_out_stays_until_something_is_built_anew(run: Path, build: Callable[..., Archive]) -> None:
    built = build("1.0")
    first = deployment.adopt_build(run, built)
    rolled = first.after(deployment.add_to_store(run, build("2.0", file="digits-2.0.mar")))
    deployment.write(run, rolled)
    assert deployment.adopt_build(run, built) == rolled
    anew = deployment.adopt_build(run, build("1.1"))
    assert (anew.current.version, anew.before[-1]) == ("1.1", rolled.current)


def test_an_archive_that_was_rolled_out_from_where_it_is_built_is_not_new(
    run: Path, build: Callable[..., Archive]
) -> None:
    first = deployment.adopt_build(run, build("1.0"))
    built = build("2.0")
    rolled = first.after(deployment.add_to_store(run, built))
    deployment.write(run, rolled)
    again = deployment.adopt_build(run, built)
    assert (again.current, again.before) == (rolled.current, (first.current,))
    assert again.built == built.sha256


def rolled_out(run: Path, build: Callable[..., Archive], *versions: str) -> Deployment:
    """Return the deployment after a rollout of each version. The first version was built."""
    deployed = deployment.adopt_build(run, build(versions[0]))
    for version in versions[1:]:
        deployed = deployed.after(deployment.add_to_store(run, build(version)))
        deployment.write(run, deployed)
    return deployed


def test_the_way_back_leads_to_the_oldest_and_never_forward(run: Path, build: Callable[..., Archive]) -> None:
    deployed = rolled_out(run, build, "1.0", "2.0", "3.0")
    for version in ("2.0", "1.0"):
        deployed = deployed.back()
        assert deployed.current.version == version
    with pytest.raises(DeploymentError, match=r"^nothing older than 1\.0 is left: roll out another archive$"):
        deployed.back()


def test_copies_are_deleted_once_nothing_leads_back_to_them(run: Path, build: Callable[..., Archive]) -> None:
    versions = [f"{number:02}" for number in range(deployment.MOST_BEFORE + 2)]
    latest = rolled_out(run, build, *versions)
    files = [deployed.file for deployed in (*latest.before, latest.current)]
    assert [deployed.version for deployed in latest.before] == versions[1:-1]
    assert [file for file in stored(run) if file.endswith(".mar")] == files
    deployment.write(run, latest.back())
    assert stored(run) == [name for file in files[:-1] for name in (file, f"{file}.json")]


def test_files_that_users_put_into_the_model_store_stay(run: Path, build: Callable[..., Archive]) -> None:
    first = deployment.adopt_build(run, build("1.0"))
    own = deployment.store(run) / "digits-0.9.mar"
    archive = build("2.0", file="digits-2.0.mar")
    copied = deployment.store(run) / f"digits-2.0-{archive.sha256[:12]}.mar"  # has the name of a copy, but is none
    for path in (own, copied):
        path.write_bytes(archive.path.read_bytes())
        record.record_path(path).write_bytes(archive.record())
    deployed = first.after(deployment.add_to_store(run, archive))
    deployment.write(run, deployed)
    deployment.write(run, deployed.back())
    assert {own.name, copied.name, first.current.file} < set(stored(run))


def test_another_file_under_the_name_of_a_copy_is_not_replaced(run: Path, build: Callable[..., Archive]) -> None:
    archive = build("1.0")
    path = deployment.store(run) / f"digits-1.0-{archive.sha256[:12]}.mar"
    path.parent.mkdir()
    path.write_text("mine")
    with pytest.raises(DeploymentError, match="exists but is not a copy of this archive: move it"):
        deployment.add_to_store(run, archive)
    assert path.read_text() == "mine"


def test_the_model_store_of_the_default_node_is_the_repositorys(tmp_path: Path) -> None:
    assert deployment.store(paths.RUN) == paths.archive(SPEC.name).parent
    assert deployment.store(tmp_path) == tmp_path / "model_store"


@pytest.mark.parametrize(
    "change",
    [
        {"current": {"file": "../x.mar", "version": "1", "sha256": "a", "name": "x"}},
        {"current": {"file": "..", "version": "1", "sha256": "a", "name": "x"}},
        {"current": {"file": "x.mar", "version": "1", "sha256": "a", "name": ""}},
        {"current": {"file": "x.mar", "version": "1", "sha256": "a", "name": ".."}},
        {"current": None},
        {"before": 7},
        {"workers": "2"},
        {"workers": 0},
        {"built": None},
    ],
    ids=str,
)
def test_a_damaged_deployment_names_the_remedy(
    run: Path, build: Callable[..., Archive], change: dict[str, object]
) -> None:
    deployment.adopt_build(run, build("1.0"))
    path = run / "deployment.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(StateError, match=r"deployment\.json is damaged .*: remove it to serve the archive of"):
        deployment.read(run)


def test_the_number_of_workers_stays_with_another_archive(run: Path, build: Callable[..., Archive]) -> None:
    deployed = replace(deployment.adopt_build(run, build("1.0")), workers=3)
    deployment.write(run, deployed)
    assert deployment.adopt_build(run, build("1.1")).workers == 3


def test_the_name_of_the_model_is_the_archives(run: Path, build: Callable[..., Archive]) -> None:
    deployed = deployment.adopt_build(run, build("1.0", name="letters"))
    assert deployed.current.name == "letters"
    assert deployed.current.file.startswith("letters-1.0-")


def test_nothing_leads_back_to_another_model(run: Path, build: Callable[..., Archive]) -> None:
    before = replace(deployment.adopt_build(run, build("1.0")), workers=3)
    deployment.write(run, before)
    other = deployment.adopt_build(run, build("1.0", name="letters"))
    assert (other.current.name, other.before, other.workers) == ("letters", (), 1)


@pytest.mark.parametrize("further", [*registrations.FURTHER, registrations.explainer("iris")])
def test_a_name_that_each_model_is_registered_under_is_refused(
    run: Path, build: Callable[..., Archive], further: str
) -> None:
    with pytest.raises(DeploymentError, match=f"{further} is registered for every model"):
        deployment.add_to_store(run, build("1.0", name=further))


@pytest.mark.parametrize("version", ["../1.0", "", "1 0", "1" * 33])
def test_a_version_that_no_address_can_name_is_refused(run: Path, build: Callable[..., Archive], version: str) -> None:
    with pytest.raises(DeploymentError, match="is not 1 to 32 of"):
        deployment.add_to_store(run, build(version))
    assert not deployment.store(run).exists()


def test_an_archive_that_changed_since_it_was_looked_at_is_not_kept(run: Path, build: Callable[..., Archive]) -> None:
    archive = build("1.0")
    archive.path.write_bytes(archive.path.read_bytes() + b"more")
    with pytest.raises(RefusedError, match="was altered"):
        deployment.add_to_store(run, archive)
    assert stored(run) == []


def test_a_kept_archive_that_was_changed_is_not_served(run: Path, build: Callable[..., Archive]) -> None:
    deployed = deployment.adopt_build(run, build("1.0"))
    path = deployment.store(run) / deployed.current.file
    path.write_bytes(path.read_bytes() + b"more")
    with pytest.raises(RefusedError, match="was altered"):
        deployment.start_deployed(run)


def test_nor_is_another_that_was_put_in_its_place(run: Path, build: Callable[..., Archive]) -> None:
    deployed = deployment.adopt_build(run, build("1.0"))
    path, other = deployment.store(run) / deployed.current.file, build("1.1")
    path.write_bytes(other.path.read_bytes())
    record.record_path(path).write_bytes(other.record())
    with pytest.raises(RefusedError, match="is not the deployed archive"):
        deployment.start_deployed(run)
