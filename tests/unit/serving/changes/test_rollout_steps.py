"""Steps of a rollout, and the state after one fails. tests/live/changes rolls out on a real node."""

from contextlib import suppress
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from inference.samples import Samples
from model.pixels import Images
from serving import paths
from serving.archives.samples import Probabilities
from serving.changes import retirement
from serving.changes.canary import Canary
from serving.changes.rollout import Rollout
from serving.errors import UserError
from serving.gateway.routes import Route
from serving.node import lock, models
from serving.torchserve import server
from tests.unit.serving import fake_torchserve
from tests.unit.serving.fake_torchserve import IMAGES, READY, STARTING, WORKING, one_hot

from .conftest import ALL, LENIENT, Scene, only, wrong


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the wait for a version that never finishes its work."""
    monkeypatch.setattr(retirement, "retire", partial(retirement.retire, seconds=0.5))


def test_a_new_version_takes_the_place_of_the_old_one_under_every_name(scene: Scene) -> None:
    archive, before = scene.archive("2.0"), scene.deployed
    scene.fake.models["digits"]["1.0"].workers *= 3
    deployed = scene.rollout.forward(archive, LENIENT)
    assert scene.fake.versions == only("2.0")
    assert scene.fake.defaults == dict.fromkeys(ALL, "2.0")
    assert len(scene.fake.models["digits"]["2.0"].workers) == 3
    assert len(scene.fake.models["explainer"]["2.0"].workers) == 1
    assert (deployed.current.version, deployed.before[-1]) == ("2.0", before.current)
    assert scene.deployed == deployed
    running = server.find(scene.directory)
    assert running
    assert running.archive == archive.sha256
    assert scene.steps[-2:] == ["2.0 is the default", "1.0 answered all that came to it, and is gone"]


def test_each_name_keeps_its_own_settings(scene: Scene) -> None:
    """This includes a name that was missing and is registered again."""
    del scene.fake.models["explainer"]["1.0"]
    scene.fake.models["explainer"]["0.9"] = fake_torchserve.Version("", [])
    scene.fake.defaults["explainer"] = "0.9"
    for version in ("1.0", "2.0"):
        with suppress(UserError):
            scene.rollout.forward(scene.archive(version), LENIENT)
        assert scene.fake.options["explainer"]["batch_size"] == "1"
    assert scene.fake.options["uploads"]["batch_size"] == "4"
    assert "batch_size" not in scene.fake.options["digits"]


def test_workers_of_every_name_are_waited_for(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "_LOAD_SECONDS", 0.2)
    post = scene.fake.post

    def slow(parts: list[str], options: dict[str, str], body: bytes) -> object:
        scene.fake.new = STARTING if options.get("model_name") == "uploads" else READY
        return post(parts, options, body)

    scene.fake.post = slow  # type: ignore[method-assign]
    with pytest.raises(UserError, match=r"^2\.0 does not load: it is not READY"):
        scene.rollout.forward(scene.archive("2.0"), LENIENT)


def test_the_old_version_leaves_only_when_the_new_one_is_the_default_everywhere(scene: Scene) -> None:
    scene.rollout.forward(scene.archive("2.0"), LENIENT)
    switches = [f"PUT /models/{name}/2.0/set-default" for name in ALL]
    assert scene.fake.calls == [*["POST /models"] * 3, *switches, *[f"DELETE /models/{name}/1.0" for name in ALL]]


def test_what_is_left_of_a_canary_gets_no_more_requests(scene: Scene) -> None:
    """Its share is removed before anything else, and again when the new version is the default."""
    scene.rollout.forward(scene.archive("2.0"), replace(LENIENT, canary=Canary(5, 0.01)))
    assert scene.gateway.calls == [None, ("digits", "2.0", 5), None]
    assert "it gets 5 % of the requests for 0.01 s" in scene.steps


def test_a_canary_that_does_ill_loses_its_share_and_leaves(scene: Scene) -> None:
    scene.gateway.then = lambda: scene.fake.answers.update({"2.0": wrong})
    with pytest.raises(UserError, match="golden probabilities are missed by 1; at most 1e-04 is allowed"):
        scene.rollout.forward(scene.archive("2.0"), replace(LENIENT, canary=Canary(5, 30)))
    assert scene.gateway.calls == [None, ("digits", "2.0", 5), None]
    assert (scene.fake.versions, scene.deployed.current.version) == (only("1.0"), "1.0")


def test_a_canary_needs_a_gateway_and_is_refused_before_anything_is_loaded(scene: Scene) -> None:
    with pytest.raises(UserError, match="a canary needs a gateway"):
        Rollout(scene.fake.server).forward(scene.archive("2.0"), replace(LENIENT, canary=Canary(5, 30)))
    assert scene.fake.calls == []


def test_without_a_gateway_a_version_is_rolled_out_without_a_canary(scene: Scene) -> None:
    Rollout(scene.fake.server, report=scene.steps.append).forward(scene.archive("2.0"), LENIENT)
    assert scene.fake.versions == only("2.0")
    assert scene.gateway.calls == []


def test_the_gateway_knows_what_the_new_version_takes(scene: Scene) -> None:
    scene.rollout.forward(scene.archive("2.0"), LENIENT)
    assert scene.gateway.models == [Route("digits", 784, (28, 28))]


def test_another_model_is_refused_before_anything_is_loaded(scene: Scene) -> None:
    with pytest.raises(UserError, match="letters is another model than the served one, digits"):
        scene.rollout.forward(replace(scene.archive("2.0"), name="letters"), LENIENT)
    assert scene.fake.calls == []


def test_the_live_version_is_refused_before_anything_is_loaded(scene: Scene) -> None:
    with pytest.raises(UserError, match=r"1\.0 is the live version: package the archive with another --version"):
        scene.rollout.forward(scene.archive("1.0"), LENIENT)
    assert scene.fake.calls == []


def test_a_version_that_misses_its_golden_samples_leaves(scene: Scene) -> None:
    scene.fake.answers["2.0"] = wrong
    with pytest.raises(UserError, match="golden probabilities are missed"):
        scene.rollout.forward(scene.archive("2.0"), LENIENT)
    assert (scene.fake.versions, scene.fake.defaults["digits"]) == (only("1.0"), "1.0")
    assert "2.0 is taken away again" in scene.steps


def test_a_version_that_reads_other_digits_than_the_live_one_leaves(scene: Scene) -> None:
    scene.fake.answers["1.0"] = wrong
    labels = one_hot(IMAGES).argmax(axis=1)
    with pytest.raises(UserError, match=r"^agreement is 0\.00%, and 99\.00% is wanted: scripts/rollout --help"):
        scene.rollout.forward(scene.archive("2.0"), replace(LENIENT, samples=Samples(IMAGES, labels)))
    with pytest.raises(UserError, match=r"^agreement is 0\.00%, and 99\.00% is wanted: scripts/rollout --help"):
        scene.rollout.forward(scene.archive("2.0"), LENIENT)  # compared on its golden samples
    assert scene.fake.versions == only("1.0")


@pytest.mark.parametrize("times", [0, 3])
def test_versions_are_compared_on_the_images_held_out_or_on_golden_ones(scene: Scene, times: int) -> None:
    held_out = Samples(np.concatenate([IMAGES] * times)) if times else None
    scene.rollout.forward(scene.archive("2.0"), replace(LENIENT, samples=held_out))
    (compared,) = (step for step in scene.steps if "agreement" in step)
    assert compared.startswith(f"{len(IMAGES) * (times or 1)} samples: agreement 100.00%")


@pytest.mark.usefixtures("impatient")
def test_a_version_that_hangs_is_taken_away_all_the_same(scene: Scene) -> None:
    def hang(images: Images) -> Probabilities:
        scene.fake.models["digits"]["2.0"].pending = 1
        return wrong(images)

    scene.fake.answers["2.0"] = hang
    with pytest.raises(UserError, match="golden probabilities are missed"):
        scene.rollout.forward(scene.archive("2.0"), LENIENT)
    assert scene.fake.versions == only("1.0")


@pytest.mark.usefixtures("impatient")
def test_an_old_version_that_hangs_stays_and_is_removed_by_the_next_rollout(scene: Scene) -> None:
    scene.fake.stacks.write_text(WORKING.format(version="1.0"))
    with pytest.raises(UserError, match=r"the new version is served, but digits 1\.0 still has work after 0 s"):
        scene.rollout.forward(scene.archive("2.0"), LENIENT)
    assert scene.deployed.current.version == "2.0"
    assert scene.fake.versions["digits"] == ["1.0", "2.0"]
    scene.fake.stacks.write_text("")
    scene.rollout.forward(scene.archive("3.0"), LENIENT)
    assert scene.fake.versions == only("3.0")
    assert "digits 1.0 is left of a rollout that was killed, and is removed" in scene.steps


def test_a_version_that_does_not_load_leaves_with_what_its_worker_said(scene: Scene) -> None:
    scene.fake.new = STARTING
    log = scene.directory / "logs" / "model_log.log"
    log.write_text("Failed to load model: an old story\n")

    def report(step: str) -> None:
        if "registered beside" in step:
            log.write_text(f"{log.read_text()}Failed to load model: no weights\n")

    with pytest.raises(UserError, match=r"^2\.0 does not load: Failed to load model: no weights$"):
        Rollout(scene.fake.server, scene.door, report).forward(scene.archive("2.0"), LENIENT)
    assert scene.fake.versions == only("1.0")


def test_a_version_that_does_not_get_ready_in_time_leaves(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "_LOAD_SECONDS", 0.2)
    scene.fake.new = STARTING
    with pytest.raises(UserError, match=r"^2\.0 does not load: it is not READY after 0 s: read logs/"):
        scene.rollout.forward(scene.archive("2.0"), LENIENT)
    assert scene.fake.versions == only("1.0")


def test_a_torchserve_that_ends_meanwhile_is_asked_for_nothing_more(scene: Scene) -> None:
    scene.fake.new = STARTING

    def report(step: str) -> None:
        if "registered beside" in step:
            fake_torchserve.end(scene.fake.server)

    with pytest.raises(UserError, match=r"^2\.0 does not load: TorchServe ended: try again"):
        Rollout(scene.fake.server, scene.door, report).forward(scene.archive("2.0"), LENIENT)
    assert [call for call in scene.fake.calls if call.startswith("DELETE")] == []
    assert scene.deployed.current.version == "1.0"


def test_a_name_that_is_not_registered_is_left_alone(scene: Scene) -> None:
    del scene.fake.models["uploads"]
    scene.rollout.forward(scene.archive("2.0"), LENIENT)
    assert scene.fake.versions == {"digits": ["2.0"], "explainer": ["2.0"]}


def test_an_error_of_torchserve_is_told_and_undone(scene: Scene) -> None:
    scene.fake.refused["POST /models"] = 507
    with pytest.raises(UserError, match=r"^POST /models: 507 refused$"):
        scene.rollout.forward(scene.archive("2.0"), LENIENT)
    assert (scene.fake.versions, scene.deployed.current.version) == (only("1.0"), "1.0")


def test_a_version_that_takes_other_examples_is_refused_in_one_line(scene: Scene) -> None:
    scene.fake.refused["POST /predictions/digits/1.0"] = 400
    message = r"^digits 1\.0 does not accept the new version's samples: refused$"
    with pytest.raises(UserError, match=message):
        scene.rollout.forward(scene.archive("2.0"), LENIENT)
    assert (scene.fake.versions, scene.deployed.current.version) == (only("1.0"), "1.0")


def test_a_server_that_was_started_in_another_way_is_refused(scene: Scene) -> None:
    (scene.directory / "deployment.json").unlink()
    with pytest.raises(UserError, match="was not started by scripts/up or scripts/serve"):
        scene.rollout.forward(scene.archive("2.0"), LENIENT)


def test_one_change_at_a_time(scene: Scene) -> None:
    with lock.changing(scene.directory), pytest.raises(UserError, match="try again when it has ended"):
        scene.rollout.forward(scene.archive("2.0"), LENIENT)


def test_what_was_rolled_out_from_where_it_is_built_is_not_deployed_again_by_a_restart(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere, built = scene.archive("2.0"), scene.archive("3.0")
    monkeypatch.setattr(paths, "archive", lambda name: built.path)
    first = scene.deployed.built
    assert scene.rollout.forward(elsewhere, LENIENT).built == first
    assert scene.rollout.forward(built, LENIENT).built == built.sha256
