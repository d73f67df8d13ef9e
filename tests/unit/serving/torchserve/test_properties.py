"""config.properties, the one table of TorchServe's settings."""

from itertools import pairwise
from pathlib import Path

import pytest

from model import SPEC
from serving import paths
from serving.paths import MODEL_CONFIG
from serving.torchserve import properties
from serving.torchserve.properties import SettingsError


def test_comments_and_blank_lines_are_no_settings(tmp_path: Path) -> None:
    (tmp_path / "p").write_text("# a=b\n\n  c = d \nvmargs=-Da=b -Dc=d\nempty=\n")
    assert properties.read(tmp_path / "p") == {"c": "d", "vmargs": "-Da=b -Dc=d", "empty": ""}


def test_what_is_written_is_read(tmp_path: Path) -> None:
    settings = properties.read()
    properties.write(settings, tmp_path / "p")
    assert properties.read(tmp_path / "p") == settings


@pytest.mark.parametrize(
    ("key", "port"),
    [
        ("inference_address", 8080),
        ("management_address", 8081),
        ("metrics_address", 8082),
        ("grpc_inference_port", 7070),
        ("grpc_management_port", 7071),
    ],
)
def test_every_port_is_known(key: str, port: int) -> None:
    assert key in properties.PORTS
    assert properties.port(properties.read(), key) == port


def test_every_group_of_settings_has_its_reason_above_it() -> None:
    lines = properties.FILE.read_text().splitlines()
    names = [line.partition("=")[0] for line in lines if line and not line.startswith("#")]
    assert len(names) == len(set(names)) > 20
    for line, following in pairwise(lines):
        assert line or following.startswith("#"), f"{following} stands without a reason"


def test_nothing_is_open_to_others() -> None:
    settings = properties.read()
    assert all("127.0.0.1" in value for key, value in settings.items() if key.endswith("_address"))
    closed = ("disable_token_authorization", "install_py_dep_per_model")
    assert [settings[name] for name in closed] == ["false", "false"]


def test_the_archives_timeouts_are_the_servers() -> None:
    import yaml

    archive = yaml.safe_load(MODEL_CONFIG.read_text())
    settings = properties.read()
    assert str(archive["responseTimeout"]) == settings["default_response_timeout"]
    assert str(archive["startupTimeout"]) == settings["default_startup_timeout"]
    assert archive["maxBatchDelay"] > 0


def test_the_archive_of_a_new_node_is_the_one_that_is_packaged() -> None:
    assert properties.archive(properties.read()) == paths.archive(SPEC.name)


def test_another_model_store_may_be_elsewhere(tmp_path: Path) -> None:
    settings = {"model_store": str(tmp_path), "load_models": "flowers.mar"}
    assert properties.archive(settings) == tmp_path / "flowers.mar"


@pytest.mark.parametrize("missing", ["model_store", "load_models"])
def test_settings_without_an_archive_are_refused(missing: str) -> None:
    settings = {key: value for key, value in properties.read().items() if key != missing}
    with pytest.raises(SettingsError, match=f"has no {missing}: add it"):
        properties.archive(settings)
