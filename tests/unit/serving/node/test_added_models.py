"""Models of a run folder beside its main one."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from serving.archives.record import Archive
from serving.changes import models
from serving.errors import UserError
from serving.node import deployment
from serving.node.deployment import DeploymentError
from serving.state import StateError

from .conftest import stored


def test_models_are_added_beside_the_main_one_and_removed(run: Path, build: Callable[..., Archive]) -> None:
    main = deployment.adopt_build(run, build("1.0"))
    added = deployment.add(run, build("0.1", file="iris.mar", name="iris"))
    assert deployment.read(run) == deployment.read(run, "digits") == main
    assert deployment.read(run, "iris") == added
    assert deployment.added(run) == {"iris": added}
    rolled = replace(added.after(deployment.add_to_store(run, build("0.2", file="iris.mar", name="iris"))), workers=2)
    deployment.write(run, rolled)
    assert deployment.added(run) == {"iris": rolled}
    deployment.write(run, main)
    assert {added.current.file, rolled.current.file, main.current.file} < set(stored(run))
    deployment.remove(run, "iris")
    assert (deployment.read(run, "iris"), deployment.read(run)) == (None, main)
    assert stored(run) == [main.current.file, f"{main.current.file}.json"]


@pytest.mark.parametrize("name", ["digits", "iris"])
def test_a_model_is_served_once(run: Path, build: Callable[..., Archive], name: str) -> None:
    deployment.adopt_build(run, build("1.0"))
    deployment.add(run, build("1.0", file="iris.mar", name="iris"))
    with pytest.raises(DeploymentError, match=f"^{name} 1.0 is served already: scripts/rollout serves another version"):
        deployment.add(run, build("2.0", file="iris.mar", name=name))


def test_models_are_added_before_the_first_start(run: Path, build: Callable[..., Archive]) -> None:
    added = deployment.add(run, build("1.0", file="iris.mar", name="iris"))
    main = deployment.adopt_build(run, build("1.0"))
    assert (deployment.read(run), deployment.added(run)) == (main, {"iris": added})


def test_a_main_model_takes_the_place_of_an_added_one(run: Path, build: Callable[..., Archive]) -> None:
    deployment.adopt_build(run, build("1.0"))
    deployment.add(run, build("1.0", file="iris.mar", name="iris"))
    main = deployment.adopt_build(run, build("1.0", file="iris.mar", name="iris"))
    assert (deployment.read(run), deployment.added(run)) == (main, {})
    assert deployment.load_from_store(run, main.current).name == "iris"


@pytest.mark.parametrize("name", ["a", "z"])
def test_a_stopped_node_serves_a_removed_model_no_longer(run: Path, build: Callable[..., Archive], name: str) -> None:
    deployment.adopt_build(run, build("1.0"))
    deployment.add(run, build("1.0", file=f"{name}.mar", name=name))
    models.remove(run, name, None, None)
    assert deployment.added(run) == {}
    with pytest.raises(UserError, match=f"^{name} is not served: scripts/models lists the served models$"):
        models.remove(run, name, None, None)
    with pytest.raises(UserError, match=r"^digits is the main model of this node"):
        models.remove(run, "digits", None, None)


@pytest.mark.parametrize("content", ["[]", '{"models": {"iris": 1}}', '{"models": [{"current": 1}]}', "{}"])
def test_a_damaged_list_of_models_names_the_remedy(run: Path, content: str) -> None:
    run.mkdir(exist_ok=True)
    (run / "models.json").write_text(content)
    with pytest.raises(StateError, match=r"models\.json is damaged .*: remove it, and add the models again$"):
        deployment.added(run)
